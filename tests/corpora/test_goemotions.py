"""GoEmotions is read as words alone, and its labels in our spelling."""

from collections import Counter
from pathlib import Path

import pytest
from tests.corpora import made_goemotions
from tests.corpora.placing import put

from affectlens.corpora.sets import goemotions
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

REAL = Path(__file__).parents[3] / "shared" / "data" / "goemotions"


def test_a_comment_is_its_words_its_split_and_its_labels(tmp_path: Path) -> None:
    made_goemotions.make(tmp_path)
    first, second, third, fourth, _ = goemotions.build(tmp_path, goemotions.Config()).samples
    assert (first.id, first.subtitle, first.split) == ("e1", 'So "happy" for you!', "train")
    assert (first.label, second.label, fourth.label) == ("happy", "angry", "sad")
    assert isinstance(first.media, Missing)
    assert fourth.split == "dev"
    assert (third.label, third.labels) == (Missing("it has 2 labels"), ("happy", "sad"))
    published = goemotions.build(tmp_path, goemotions.Config(space="meld7"))
    assert published.samples[0].label == "joy"


def test_a_part_that_is_not_there_is_told(tmp_path: Path) -> None:
    made_goemotions.make(tmp_path)
    (tmp_path / "train.tsv").unlink()
    corpus = goemotions.build(tmp_path, goemotions.Config())
    assert len(corpus.samples) == 2
    assert "train.tsv" in corpus.absent[0]
    with pytest.raises(InputError, match=r"has no train.tsv"):
        goemotions.build(tmp_path, goemotions.Config(split="train"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("words\t1", "row 1: wanted a text"),
        ("\t1\te1", "row 1: wanted a text"),
        ("words\t3\te1", "'3' is no number of a label; labels.txt has 3"),
        ("words\tjoy\te1", "'joy' is no number of a label"),
        ("words\t1\te1\nmore\t1\te1", "row 2: the id 'e1' stands in dev.tsv, row 1 already"),
    ],
)
def test_a_damaged_row_is_told(tmp_path: Path, row: str, said: str) -> None:
    made_goemotions.make(tmp_path)
    put(tmp_path / "dev.tsv", row)
    with pytest.raises(InputError, match=said):
        goemotions.build(tmp_path, goemotions.Config(split="dev"))


def test_a_label_that_the_space_has_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"GoEmotions has disgust, fear, which mer6"):
        goemotions.Config(space="mer6")
    made_goemotions.make(tmp_path)
    put(tmp_path / "labels.txt", "anger\npride")
    with pytest.raises(InputError, match=r"labels.txt, row 2: 'pride' is no label"):
        goemotions.build(tmp_path, goemotions.Config())


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/goemotions")
def test_the_real_comments_are_all_read() -> None:
    corpus = goemotions.build(REAL, goemotions.Config())
    assert Counter(one.split for one in corpus.samples) == {"train": 43_410, "dev": 5_426}
    dev = [one.label for one in corpus.samples if one.split == "dev" and isinstance(one.label, str)]
    assert Counter(dev) == {
        "happy": 1941, "neutral": 1592, "angry": 555, "surprise": 459, "sad": 266, "fear": 72,
        "disgust": 61,
    }  # fmt: skip
