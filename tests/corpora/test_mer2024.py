"""MER2024 to MER2026: closed labels and open ones, each from the file of its track."""

from pathlib import Path
from typing import Any

import pytest
from tests.corpora.made_mer2024 import make
from tests.corpora.placing import put

from affectlens.corpora.corpus import Corpus
from affectlens.corpora.sets import mer2024
from affectlens.emotions.spaces import MER6
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def read(root: Path, **settings: Any) -> Corpus:
    """The corpus in a folder."""
    return mer2024.build(root, mer2024.Config(**settings))


@pytest.mark.parametrize(
    ("edition", "split", "label"),
    [(2024, "train", "angry"), (2024, "semi", "sad"), (2024, "noise", "worried"),
     (2025, "train", "happy"), (2026, "train", "neutral")],
)  # fmt: skip
def test_a_closed_set_has_a_label_of_six(
    tmp_path: Path, edition: int, split: str, label: str
) -> None:
    make(tmp_path)
    corpus = read(tmp_path, edition=edition, split=split)
    assert corpus.space == MER6
    assert [(s.label, s.split) for s in corpus.samples] == [(label, split)]


def test_an_open_set_has_words_and_reasons_in_no_space(tmp_path: Path) -> None:
    make(tmp_path)
    corpus = read(tmp_path, edition=2025, split="ovmerd")
    first, second = corpus.samples
    assert corpus.space is None
    assert (first.labels, second.labels) == (("angry", "let down"), ())
    assert first.description == "In the video, a man."
    assert isinstance(second.description, Missing)
    assert isinstance(first.label, Missing)


def test_descriptions_that_are_not_there_are_named(tmp_path: Path) -> None:
    make(tmp_path)
    absent = read(tmp_path, edition=2025, split="mercaptionplus").absent
    assert any("put track3_train_mercaptionplus.csv into" in note for note in absent)


def test_a_set_of_another_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="train, human"):
        mer2024.Config(edition=2026, split="noise")
    with pytest.raises(ConfigError, match="2024, 2025 or 2026"):
        mer2024.Config(edition=2023)  # type: ignore[arg-type]
    put(tmp_path / "label-disdim.csv", "name,discrete\na,angry\n")
    with pytest.raises(InputError, match=r"track1_train_disdim\.csv; it has label-disdim\.csv"):
        read(tmp_path, edition=2025)


@pytest.mark.parametrize(
    ("text", "told"),
    [("name,labels\na,sad\n", "no column 'openset'"), ("name,openset\na,[]\na,[]\n", "row 3")],
)
def test_a_fault_in_an_open_set_is_told(tmp_path: Path, text: str, told: str) -> None:
    put(tmp_path / "track2_train_human.csv", text)
    with pytest.raises(InputError, match=rf"track2_train_human\.csv.*{told}"):
        read(tmp_path, edition=2026, split="human")
