"""MAFW's labels are words or its codes, never numbers; a fold is two lists."""

from pathlib import Path

import pytest
from tests.corpora import made_mafw
from tests.corpora.placing import put

from affectlens.corpora.check import check
from affectlens.corpora.sets import mafw
from affectlens.emotions.spaces import MAFW11
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

FOLD = "Train & Test Set/single/no_caption/set_1"


def test_codes_are_the_labels_in_their_order(tmp_path: Path) -> None:
    made_mafw.make(tmp_path)
    corpus = mafw.build(tmp_path, mafw.Config())
    assert tuple(one.label for one in corpus.samples) == MAFW11.labels
    assert corpus.samples[0].media == tmp_path / "data" / "clips" / "00001.mp4"
    assert corpus.samples[0].description == "A man shouts."
    assert corpus.samples[10].media == Missing("there is no clip 00011.mp4")


def test_the_list_may_be_csv_and_may_have_words(tmp_path: Path) -> None:
    put(tmp_path / "single-set.csv", "clip,label\n00001.mp4,Happiness\n00002,worried\n")
    corpus = mafw.build(tmp_path, mafw.Config())
    assert [one.label for one in corpus.samples] == ["happiness", "anxiety"]


def test_a_fold_is_its_two_lists(tmp_path: Path) -> None:
    made_mafw.make(tmp_path)
    both = mafw.build(tmp_path, mafw.Config(fold=1))
    tested = mafw.build(tmp_path, mafw.Config(fold=1, split="test"))
    assert len(both.samples) == 11
    assert [one for one in both.samples if one.split == "test"] == list(tested.samples)
    assert check(both).clean
    assert tested.samples[1].place == "set_1/test.txt, row 2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("00001.mp4 3\n", "row 1: '3' is no single label of MAFW: AN anger"),
        ("00001.mp4\n", "row 1: wanted a clip and a label"),
        ("\n00001.mp4 AN\n00001.mp4 SA\n", "row 3: '00001.mp4' stands in .*row 2"),
        ("", "is empty"),
    ],
)
def test_lines_that_are_none_of_mafw_are_told(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path / FOLD / "test.txt", text)
    with pytest.raises(InputError, match=said):
        mafw.build(tmp_path, mafw.Config(fold=1, split="test"))


def test_what_is_not_mafw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no Labels/single-set\.xlsx or"):
        mafw.build(tmp_path, mafw.Config())
    with pytest.raises(ConfigError, match="folds 1 to 5"):
        mafw.Config(fold=6)
    with pytest.raises(ConfigError, match="within a fold"):
        mafw.Config(split="test")
