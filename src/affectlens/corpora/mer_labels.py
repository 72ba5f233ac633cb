"""Labels of the MER challenges in the three forms that they are handed out in: CSV, .npz and .txt.

CSV has `name,discrete,valence`; an .npz has dicts `train_corpus`, `test1_corpus` … of names to
`{emo, val}`; a .txt (`relative_test3_NCEV.txt`) has "name frames label [valence]" in each line.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.corpora import plain
from affectlens.corpora.corpus import UNTOLD
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import lines
from affectlens.corpora.table import Row, Table, read
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

# Annotators of MER2023 were asked for -5 to 5; recalled, not checked on the files.
VALENCES = (-5.0, 5.0)

_NO_VALENCE = -10.0  # stands where nobody annotated any
_UNANNOTATED = Missing("its valence was not annotated")
_QUOTES_AND_COMMAS = re.compile("['\",]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A clip's name, and what people said of it."""

    name: str
    label: str
    valence: float | Missing
    place: str
    frames: str = ""  # how many, as the file says


def find(
    root: Path, patterns: Sequence[str], key: str, space: LabelSpace
) -> tuple[Labelled, ...] | None:
    """The labels of the first file that fits, or None; `key` is theirs in an .npz file.

    Raises:
        InputError: a file is damaged, names a clip twice or has a label outside the space.
    """
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            found = labels_of(path, key, space)
            if found is not None:
                return found
    return None


def labels_of(path: Path, key: str, space: LabelSpace) -> tuple[Labelled, ...] | None:
    """The labels of one file by its suffix; None when it is an .npz without that key.

    Raises:
        InputError: it is damaged, names a clip twice or has a label outside the space.
    """
    if path.suffix == ".npz":
        arrays = plain.read_npz(path)
        return _of_dict(arrays[key], f"{path.name}, {key}", space) if key in arrays else None
    table = _ncev(path) if path.suffix == ".txt" else read(path)
    name, label = table.column("name", "names"), table.column("discrete", "emotion", "label")
    valence, frames = table.find("valence", "value"), table.find("frames")
    return tuple(
        Labelled(
            name=clip,
            label=spelled(row.text(label), space, row.place(label)),
            valence=_valence(row, valence),
            place=row.place(),
            frames=row.text(frames) if frames else "",
        )
        for clip, row in table.by(name).items()
    )


def _ncev(path: Path) -> Table:
    """The lines of such a .txt file as a table of `name,frames,label,value`.

    Raises:
        InputError: it is empty, not UTF-8, or a line has fewer than 3 parts.
    """
    columns = ("name", "frames", "label", "value")
    rows = []
    for number, line in enumerate(lines(path), 1):
        cells = line.split()
        if cells and len(cells) < 3:
            raise InputError(
                f"{path.name}, row {number}: wanted 'name frames label [valence]', found "
                f"{line.strip()[:80]!r}."
            )
        if cells:
            rows.append(Row(path, number, dict(zip(columns, cells, strict=False))))
    if not rows:
        raise InputError(f"{path.name} is empty: wanted lines of 'name frames label [valence]'.")
    return Table(path, columns, tuple(rows))


def listed(text: str) -> tuple[str, ...]:
    """A cell of open-vocabulary labels as the published scripts read it.

    One bracket is taken off at each end, and the rest is split at every comma and quote.
    Source: `string_to_list` of MERTools (specs/affectgpt-emer.md §1.5).
    """
    inside = text.removeprefix("[").removesuffix("]")
    parts = (part.strip() for part in _QUOTES_AND_COMMAS.split(inside))
    return tuple(part for part in parts if part)


def _valence(row: Row, column: str | None) -> float | Missing:
    if column is None:
        return UNTOLD
    number = row.number_in(column) if row.text(column) else _NO_VALENCE
    return _UNANNOTATED if number == _NO_VALENCE else number


def _of_dict(found: Any, place: str, space: LabelSpace) -> tuple[Labelled, ...]:
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{place}: wanted a dict of names to {{emo, val}}.")
    return tuple(_of_entry(name, said, f"{place}, {name!r}", space) for name, said in found.items())


def _of_entry(name: Any, said: Any, place: str, space: LabelSpace) -> Labelled:
    if not isinstance(said, Mapping) or "emo" not in said:
        raise InputError(f"{place}: wanted {{emo, val}}, found {said!r:.80}.")
    try:
        number = float(said.get("val", _NO_VALENCE))
    except (TypeError, ValueError):
        raise InputError(f"{place}: wanted a number as val, found {said['val']!r:.80}.") from None
    return Labelled(
        name=str(name),
        label=spelled(str(said["emo"]), space, f"{place}, emo"),
        valence=_UNANNOTATED if number == _NO_VALENCE or number != number else number,
        place=place,
    )
