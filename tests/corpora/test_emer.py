"""EMER: what people wrote, without what a prompt left in it; the real files where they are."""

from pathlib import Path
from typing import Any

import pytest
from tests.corpora.made_emer import make
from tests.corpora.placing import put

from affectlens.corpora.corpus import Corpus
from affectlens.corpora.sets import emer
from affectlens.emotions.spaces import MER6
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

DATA = Path(__file__).parents[3] / "shared" / "data" / "emer"


def read(root: Path, **settings: Any) -> Corpus:
    """The corpus in a folder."""
    return emer.build(root, emer.Config(**settings))


def test_version_1_has_a_label_a_subtitle_and_a_reason(tmp_path: Path) -> None:
    make(tmp_path)
    corpus = read(tmp_path, version="v1")
    first, second = corpus.samples
    assert corpus.space == MER6
    assert (first.label, first.subtitle) == ("angry", "Go away.")
    assert first.description == "In the video, he roared."
    assert isinstance(second.subtitle, Missing)
    assert "row 3" in second.subtitle.reason
    assert read(tmp_path, version="v1", language="zh").samples[0].subtitle == "走开"


def test_version_2_has_words_and_a_reason_and_tells_who_lacks_one(tmp_path: Path) -> None:
    make(tmp_path)
    corpus = read(tmp_path)
    assert corpus.space is None
    assert [sample.id for sample in corpus.samples] == ["sample_1", "sample_2", "sample_3"]
    assert corpus.samples[0].labels == ("furious", "let down", "furious")
    assert isinstance(corpus.samples[1].description, Missing)
    assert isinstance(corpus.samples[2].labels, Missing)
    for part in ("check-openset.csv", "final-EMER-reason.csv"):
        assert len([note for note in corpus.absent if f"whole {part}" in note]) == 1


def test_what_a_prompt_left_is_taken_off_and_told(tmp_path: Path) -> None:
    make(tmp_path)
    first, _, third = read(tmp_path).samples
    assert first.description == "In the video he sits. In the text"
    assert third.description == "In the video, input: nothing."
    assert first.columns == {"stripped": "Input:"}
    assert third.columns == {"stripped": "Output："}
    assert read(tmp_path, language="zh").samples[0].columns == {}


def test_the_larger_version_has_words_and_subtitles(tmp_path: Path) -> None:
    make(tmp_path)
    first, second = read(tmp_path, version="plus").samples
    assert (first.labels, first.subtitle) == (("furious", "Tired"), "Go away.")
    assert second.labels == ()
    assert isinstance(second.subtitle, Missing)


def test_one_half_of_version_2_is_enough(tmp_path: Path) -> None:
    put(tmp_path / "check-openset.csv", "name,openset\na,[sad]\n")
    assert read(tmp_path).samples[0].labels == ("sad",)
    (tmp_path / "check-openset.csv").unlink()
    with pytest.raises(InputError, match=r"EMER v2: wanted check-openset\.csv; it has nothing"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("gt-eng.csv", "names,emotions,subtitles,reasons\na,joyous,x,y\n", "row 2, column 'emot"),
        ("gt-eng.csv", "names,emotions,subtitles,reasons\na,sad,x,y\na,sad,x,y\n", "row 3"),
        ("gt-eng.csv", "names,subtitles,reasons\na,x,y\n", "no column 'emotions'"),
    ],
)
def test_a_fault_is_told_by_row_and_column(tmp_path: Path, name: str, text: str, told: str) -> None:
    put(tmp_path / name, text)
    with pytest.raises(InputError, match=f"{name}.*{told}"):
        read(tmp_path, version="v1")


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared with EMER")
def test_the_published_sets_have_the_published_numbers() -> None:
    first, second = read(DATA, version="v1"), read(DATA)
    labels = [sample.labels for sample in second.samples]
    counts = [len(words) for words in labels if not isinstance(words, Missing)]
    assert (len(first.samples), len(second.samples), len(counts)) == (100, 332, 332)
    assert round(sum(counts) / 332, 2) == 3.38
    assert len({s.id for s in first.samples} & {s.id for s in second.samples}) == 39
    assert sum(isinstance(sample.subtitle, Missing) for sample in first.samples) == 7
    assert sum(sample.columns == {"stripped": "Input:"} for sample in second.samples) == 88
    assert all(str(sample.description).startswith("In the video") for sample in second.samples)
    emotions = [sample.label for sample in first.samples]
    wanted = {"angry": 36, "happy": 32, "worried": 17, "sad": 11, "surprise": 4}
    assert {word: emotions.count(word) for word in wanted} == wanted
    assert not [note for note in (*first.absent, *second.absent) if "publish" in note]
