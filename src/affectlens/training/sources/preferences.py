"""Pairs of answers of which one is preferred: JSON lines, or the table of MER2026's track 3.

Rows have `chosen` and `rejected`, or `a1`, `a2` and which of them is preferred (a1 or a2), and as
many as there are of `id` or `name`, `question`, `video`, `audio`, `subtitle`, `label`, `speaker`
and `split`. Without `video` and `audio`, media are found beside the table by the clip's name.
Columns of the challenge's files are not published: other names for them are taken, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.annotation import imported
from affectlens.annotation.imported import Told
from affectlens.corpora import table
from affectlens.corpora.mer_clips import Clips, clips
from affectlens.evaluation.metrics.preference import PAIR
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item, Pair
from affectlens.training.items import Items, below
from affectlens.training.json_rows import JsonRows

TITLE = "Preferred answers"

_JSON = (".jsonl", ".json", ".ndjson")
_NAMES = ("id", "name", "names")
_CHOICES = (("a1", "answer1", "reason1", "description1"), ("a2", "answer2", "reason2",
            "description2"))  # fmt: skip
_PREFERRED = ("preference", "preferred", "prefer", "label", "answer")
_NOT_TOLD = Missing("the pair does not tell it")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Where media are told from."""

    media: str = ""  # a folder; empty: that of the file


def read(path: Path, config: Config) -> Sequence[Item]:
    """Pairs in the order of the file.

    Raises:
        InputError: there is no such file, or it is no table.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: give the .jsonl or .csv file of the pairs.")
    folder = Path(config.media) if config.media else path.parent
    rows = _Json(JsonRows(path)) if path.suffix.lower() in _JSON else _Table(path)
    return Items(len(rows), _Pairs(rows, clips(folder, "en")))


class _Json:
    """Rows of JSON lines."""

    def __init__(self, rows: JsonRows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> tuple[str, Mapping[str, Any]]:
        """Where it stands, and its cells."""
        return self._rows.place(index), self._rows.row(index)


class _Table:
    """Rows of CSV, TSV or Excel."""

    def __init__(self, path: Path) -> None:
        self._rows = table.read(path).rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> tuple[str, Mapping[str, Any]]:
        """Where it stands, and its cells."""
        one = self._rows[index]
        return one.place(), one.cells


class _Pairs:
    """Reads rows as clips with a pair."""

    def __init__(self, rows: _Json | _Table, beside: Clips) -> None:
        self._rows = rows
        self._beside = beside

    def __call__(self, index: int) -> Item:
        """One pair.

        Raises:
            InputError: it is none; tells file and row.
        """
        place, cells = self._rows.row(index)
        told = {str(name).strip().lower(): cell for name, cell in cells.items()}
        pair, rest = _pair(told, place)
        media = self._media(rest)
        name = _text(rest, *_NAMES) or (media.stem if isinstance(media, Path) else "")
        if not name:
            raise InputError(f"{place}: a pair has an id, or a video or audio that is there.")
        fields = {key: _text(rest, key) or _NOT_TOLD for key in ("label", "split")}
        fields["subtitle"] = _text(rest, "subtitle") or self._beside.subtitle(name)
        annotation = imported.annotation(
            Told(
                name=name,
                by="preferences",
                speaker=_text(rest, "speaker") or _NOT_TOLD,
                columns={"place": place},
                fields={**fields, "given": fields["label"]},
            ),
            self._beside.root,
        )
        return Item(annotation=annotation, media=media, pair=pair, place=place)

    def _media(self, cells: Mapping[str, Any]) -> Path | Missing:
        told = _text(cells, "video", "audio", "image", "path")
        if told:
            return below(told, (self._beside.root,))
        return self._beside.media(_text(cells, *_NAMES))


def _pair(cells: Mapping[str, Any], place: str) -> tuple[Pair, dict[str, Any]]:
    """The pair of a row, and the cells that are not of it."""
    question = _text(cells, "question")
    rest = dict(cells)
    answers = [_text(cells, name) for name in ("chosen", "rejected")]
    if not all(answers):
        both = [_text(cells, *names) for names in _CHOICES]
        key = next((name for name in _PREFERRED if _text(cells, name)), "")
        preferred = PAIR.find(_text(cells, key)) if key else None
        if not all(both) or preferred is None:
            raise InputError(
                f"{place}: wanted chosen and rejected, or a1, a2 and which is preferred (a1 or "
                f"a2); it has {', '.join(name for name in cells if _text(cells, name))}."
            )
        rest.pop(key)
        answers = both if preferred == "a1" else both[::-1]
    if answers[0] == answers[1]:
        raise InputError(f"{place}: both answers are the same.")
    return Pair(question=question, chosen=answers[0], rejected=answers[1]), rest


def _text(cells: Mapping[str, Any], *names: str) -> str:
    """The first of these cells that is filled, as text."""
    found = (cells.get(name) for name in names)
    texts = (str(cell).strip() for cell in found if cell is not None and cell == cell)
    return next((text for text in texts if text), "")
