"""MAFW in small: the list of single labels, two folds, explanations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from tests.corpora.placing import clips, put

CODES = ("AN", "DI", "FE", "HA", "NE", "SA", "SU", "CO", "AX", "HL", "DS")


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Eleven clips of eleven labels; the last is not there."""
    names = [f"{number:05}.mp4" for number in range(1, 12)]
    book(
        root / "Labels" / "single-set.xlsx", ["clip", "label"], list(zip(names, CODES, strict=True))
    )
    folds = root / "Train & Test Set" / "single" / "no_caption"
    for fold in (1, 2):
        lines = [f"{name} {code}\n" for name, code in zip(names, CODES, strict=True)]
        tested = lines[fold - 1 :: 2]
        put(folds / f"set_{fold}" / "test.txt", "".join(tested))
        put(folds / f"set_{fold}" / "train.txt", "".join(x for x in lines if x not in tested))
    put(root / "descriptive_text.csv", "clip,english\n00001.mp4,A man shouts.\n")
    clips(root / "data" / "clips", *names[:-1])
    return {"default": {}, "fold": {"fold": 1}, "test": {"fold": 2, "split": "test"}}


def book(path: Path, header: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    """An Excel workbook with one sheet."""
    made = Workbook()
    for cells in (header, *rows):
        made.active.append(list(cells))
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
