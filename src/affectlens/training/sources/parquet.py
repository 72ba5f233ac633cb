"""Parquet files of `affectlens annotate`: sets larger than memory, a group of rows at a time.

A clip that is drawn costs the reading of its group (250 rows in our files), of which a few are
kept.
"""

import json
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from affectlens.annotation import document
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.training.item import Item
from affectlens.training.items import Items, file_of

TITLE = "Parquet"

_COLUMN = "annotation"
_KEPT = 8  # groups


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """There is nothing to set."""


def read(path: Path, config: Config) -> Sequence[Item]:
    """Rows of a file, or of all files below a folder in the order of their paths.

    Raises:
        InputError: there is none, or one is no Parquet of annotations.
        UnavailableError: pyarrow is not installed.
    """
    del config
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise InputError(f"There is no Parquet file at {path}.")
    folder = path if path.is_dir() else path.parent
    groups = _Groups(files, (folder, folder.parent, folder.parent.parent))
    return Items(groups.count, groups)


@dataclass(frozen=True, slots=True)
class _Group:
    file: Path
    number: int  # in its file
    before: int  # rows of the file that stand before it
    rows: int


class _Groups:
    """Reads rows as clips.

    A file is opened for each group that is read, so that processes do not share its position.
    """

    def __init__(self, files: Sequence[Path], roots: Sequence[Path]) -> None:
        self._groups = tuple(group for file in files for group in _groups(file))
        self._ends = tuple(accumulate(group.rows for group in self._groups))
        self._roots = tuple(roots)
        self._kept: OrderedDict[int, Any] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """What goes to other processes: not the groups that were read."""
        return {**vars(self), "_kept": OrderedDict()}

    @property
    def count(self) -> int:
        """Rows of all files."""
        return self._ends[-1] if self._ends else 0

    def __call__(self, index: int) -> Item:
        """One row.

        Raises:
            InputError: it is damaged; tells file and row.
        """
        number = bisect_right(self._ends, index)
        group = self._groups[number]
        inside = index - (self._ends[number] - group.rows)
        place = f"{group.file.name}, row {group.before + inside + 1}"
        text = self._texts(number)[inside].as_py()
        try:
            found = document.from_json(json.loads(text or "null"), f"annotation in {place},")
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place} is not JSON: {error}.") from None
        return Item(annotation=found, media=file_of(found.media, self._roots), place=place)

    def _texts(self, number: int) -> Any:
        if number not in self._kept:
            self._kept[number] = _texts(self._groups[number])
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]


def _groups(file: Path) -> list[_Group]:
    arrow = _pyarrow()
    try:
        with arrow.parquet.ParquetFile(file) as table:
            if _COLUMN not in table.schema_arrow.names:
                raise InputError(
                    f"{file} has no column {_COLUMN!r}, which holds all that is known of a clip: "
                    "make it with `affectlens annotate` and output.formats=parquet."
                )
            sizes = [table.metadata.row_group(one).num_rows for one in range(table.num_row_groups)]
    except (arrow.ArrowException, OSError) as error:
        why = str(error).rstrip(".")
        raise InputError(f"{file} cannot be read as Parquet: {why}.") from None
    starts = accumulate(sizes, initial=0)
    return [
        _Group(file, number, before, rows)
        for number, (before, rows) in enumerate(zip(starts, sizes, strict=False))
    ]


def _texts(group: _Group) -> Any:
    arrow = _pyarrow()
    try:
        with arrow.parquet.ParquetFile(group.file) as table:
            return table.read_row_group(group.number, columns=[_COLUMN]).column(_COLUMN)
    except (arrow.ArrowException, OSError) as error:
        last = group.before + group.rows
        raise InputError(
            f"{group.file.name}, rows {group.before + 1} to {last}, cannot be read: {error}."
        ) from None


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UnavailableError("Parquet needs pyarrow: pip install 'affectlens[data]'.") from error
    return pyarrow
