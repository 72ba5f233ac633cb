"""IEMOCAP's utterances are in four or six classes by the published rule, with what people rated."""

from collections import Counter
from pathlib import Path

import pytest
from tests.corpora import made_iemocap

from affectlens.corpora.check import check
from affectlens.corpora.sets import iemocap
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

EVALUATION = Path("Session5/dialog/EmoEvaluation/Ses05F_impro01.txt")


def test_in_four_classes_happy_is_happy_and_excited(tmp_path: Path) -> None:
    made_iemocap.make(tmp_path)
    corpus = iemocap.build(tmp_path, iemocap.Config())
    assert Counter(str(one.label) for one in corpus.samples) == {
        "happy": 2,
        "neutral": 1,
        "anger": 1,
    }
    assert {one.columns["annotated"] for one in corpus.samples} == {"neu", "exc", "ang", "hap"}


def test_in_six_classes_they_are_two_and_frustrated_is_one(tmp_path: Path) -> None:
    made_iemocap.make(tmp_path)
    corpus = iemocap.build(tmp_path, iemocap.Config(classes=6))
    assert {str(one.label) for one in corpus.samples} == {
        "happy", "excited", "neutral", "anger", "frustrated",
    }  # fmt: skip


def test_an_utterance_has_its_sound_words_speaker_and_ratings(tmp_path: Path) -> None:
    made_iemocap.make(tmp_path)
    corpus = iemocap.build(tmp_path, iemocap.Config())
    one = next(s for s in corpus.samples if s.id == "Ses05F_impro01_M000")
    wav = "Session5/sentences/wav/Ses05F_impro01/Ses05F_impro01_M000.wav"
    assert one.media == tmp_path / wav
    assert one.subtitle == "Do you have your forms?"
    assert (one.speaker, one.split, one.columns["sex"]) == ("Ses05M", "session5", "male")
    assert (one.valence, one.arousal, one.columns["dominance"]) == (2.5, 3.0, "2.0000")
    assert corpus.valence_range == (1.0, 5.0)
    assert one.place == "Ses05F_impro01.txt, row 7"


def test_sessions_are_splits_without_a_speaker_in_common(tmp_path: Path) -> None:
    made_iemocap.make(tmp_path)
    found = check(iemocap.build(tmp_path, iemocap.Config(split=None)))
    assert found.speakers == {f"session{n}": 2 for n in range(1, 6)}
    assert found.clean
    assert not found.warnings


def test_without_transcripts_the_words_are_missing(tmp_path: Path) -> None:
    made_iemocap.make(tmp_path)
    (tmp_path / "Session5/dialog/transcriptions").rename(tmp_path / "away")
    corpus = iemocap.build(tmp_path, iemocap.Config())
    assert all(isinstance(one.subtitle, Missing) for one in corpus.samples)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[6.2901 - 8.2357]\tSes05F_impro01_F009\tglad\t[2.5, 2.5, 2.5]\n", "row 1.*'.6.2901"),
        ("[6.2901 - 8.2357] Ses05F_impro01_F009 neu [2.5, 2.5, 2.5]\n", "tabs between"),
        ("[6.2 - 8.2]\tSes05F_impro01_F000\tneu\t[2.5, 2.5, 2.5]\n" * 2, "row 2.*row 1 already"),
        ("[6.2 - 8.2]\tSes05\tneu\t[2.5, 2.5, 2.5]\n", "no name of an utterance"),
        ("caf\xe9\n", "not UTF-8"),
    ],
)
def test_lines_that_are_none_of_iemocap_are_told(tmp_path: Path, line: str, said: str) -> None:
    made_iemocap.make(tmp_path)
    (tmp_path / EVALUATION).write_bytes(line.encode("latin-1"))
    with pytest.raises(InputError, match=said):
        iemocap.build(tmp_path, iemocap.Config())


def test_what_is_not_iemocap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no Session5"):
        iemocap.build(tmp_path, iemocap.Config())
    (tmp_path / EVALUATION).parent.mkdir(parents=True)
    with pytest.raises(InputError, match="no labelled utterances"):
        iemocap.build(tmp_path, iemocap.Config())
    with pytest.raises(ConfigError, match="4 or 6"):
        iemocap.Config(classes=5)
    with pytest.raises(ConfigError, match="session1"):
        iemocap.Config(split="test")
