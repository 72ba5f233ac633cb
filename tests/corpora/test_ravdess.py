"""RAVDESS is read from the names of its files, wherever they lie."""

from collections import Counter
from pathlib import Path

import pytest
from tests.corpora import made_ravdess
from tests.corpora.placing import clips

from affectlens.corpora.check import check
from affectlens.corpora.sets import ravdess
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

SPEECH = Path(__file__).parents[3] / "shared" / "data" / "ravdess-speech"


def test_a_name_tells_everything(tmp_path: Path) -> None:
    made_ravdess.make(tmp_path)
    found = {one.id: one for one in ravdess.build(tmp_path, ravdess.Config()).samples}
    assert len(found) == 5
    one = found["01-01-05-02-01-02-01"]
    assert one.media == tmp_path / "Actor_01" / "01-01-05-02-01-02-01.mp4"
    assert (one.label, one.speaker) == ("angry", "01")
    assert one.subtitle == "Kids are talking by the door."
    assert one.columns == {
        "modality": "both",
        "channel": "speech",
        "intensity": "strong",
        "statement": "01",
        "repetition": "02",
        "sex": "male",
    }
    assert found["03-02-06-01-02-02-12"].columns["sex"] == "female"
    assert found["03-01-02-02-02-01-01"].label == "calm"


def test_in_seven_labels_calm_is_neutral(tmp_path: Path) -> None:
    made_ravdess.make(tmp_path)
    corpus = ravdess.build(tmp_path, ravdess.Config(space="dfew7"))
    assert corpus.space == DFEW7
    assert [one.label for one in corpus.samples].count("neutral") == 2


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 5),
        ({"actors": ("1",)}, 3),
        ({"actors": ("02-24",)}, 2),
        ({"actors": ("1", "12")}, 5),
        ({"channel": "song"}, 1),
        ({"modality": "both"}, 1),
        ({"actors": ("01",), "modality": "sound"}, 2),
    ],
)
def test_recordings_are_chosen(tmp_path: Path, settings: dict[str, str], count: int) -> None:
    made_ravdess.make(tmp_path)
    config = ravdess.Config(**settings)  # type: ignore[arg-type]
    assert len(ravdess.build(tmp_path, config).samples) == count


def test_actors_can_be_held_back(tmp_path: Path) -> None:
    """There is no published split: who trains on it says whom it keeps for development."""
    made_ravdess.make(tmp_path)
    whole = ravdess.build(tmp_path, ravdess.Config())
    assert all(isinstance(one.split, Missing) for one in whole.samples)
    parted = ravdess.build(tmp_path, ravdess.Config(dev=("12",)))
    assert {(one.speaker, one.split) for one in parted.samples} == {("01", "train"), ("12", "dev")}


@pytest.mark.parametrize(
    "settings",
    [
        {"actors": ("25",)},
        {"actors": ("0",)},
        {"actors": ("5-2",)},
        {"actors": ("all",)},
        {"dev": ("25",)},
        {"channel": "talk"},
        {"modality": "03"},
        {"space": "mer6"},
    ],
)
def test_settings_that_there_are_not_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        ravdess.Config(**settings)  # type: ignore[arg-type]


def test_nothing_of_what_was_asked_for_is_told(tmp_path: Path) -> None:
    made_ravdess.make(tmp_path)
    with pytest.raises(ConfigError, match="None of the 5 files"):
        ravdess.build(tmp_path, ravdess.Config(modality="video"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["song.wav"], "no file of RAVDESS"),
        (["03-01-09-01-01-01-01.wav"], "part 3 is '09'.*01 neutral.*08 surprised"),
        (["04-01-01-01-01-01-01.wav"], "part 1 is '04'"),
        (["a/03-01-01-01-01-01-01.wav", "b/03-01-01-01-01-01-01.wav"], "is there twice"),
    ],
)
def test_files_that_are_none_of_ravdess_are_told(
    tmp_path: Path, names: list[str], said: str
) -> None:
    clips(tmp_path, *names)
    with pytest.raises(InputError, match=said):
        ravdess.build(tmp_path, ravdess.Config())


@pytest.mark.shared
@pytest.mark.skipif(not SPEECH.is_dir(), reason="needs ../shared/data/ravdess-speech")
def test_the_real_recordings_are_twenty_actors_of_sixty() -> None:
    corpus = ravdess.build(SPEECH, ravdess.Config())
    found = check(corpus)
    assert found.samples == 1200
    assert set(Counter(one.speaker for one in corpus.samples).values()) == {60}
    assert found.labels["no split"] == {"neutral": 80} | dict.fromkeys(
        ("calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"), 160
    )
    assert not found.twins
    assert Counter(one.columns["sex"] for one in corpus.samples) == {"male": 600, "female": 600}
