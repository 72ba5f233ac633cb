"""`DataFolder`: a data set on the disk.

README.md, card.html   what it holds, for people
annotations.jsonl      one line a clip; rejected.jsonl, with reasons; failures.jsonl, what failed
media/                 the clips
merr/, llama_factory/  and so on: the same for other tools
manifest.json          the files with their checksums; the same items give the same bytes
recipe.json            how it was made
reviews.jsonl          what people decided; only ever added to
work/                  the ledger and what the steps gave: may be deleted, and is then made anew
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.annotation import rows
from affectlens.annotation.item import Item
from affectlens.annotation.one import WORK
from affectlens.annotation.rows import Key, Row
from affectlens.annotation.stored import Stored, lines
from affectlens.foundation import locks, room
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import InputError
from affectlens.foundation.records import Ledger, write_atomically

_RESERVE_BYTES = 2**18  # room for the last rows on a full disk
_PLAN = "affectlens.plan/1"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where a data set lies."""

    path: Path

    @property
    def ledger(self) -> Ledger:
        """A row for each file that was tried, in the order in which they were ready."""
        return Ledger(self.path / WORK / "ledger.jsonl", rows.SCHEMA, (rows.FAILURE,))

    @property
    def annotations(self) -> Path:
        """The kept ones."""
        return self.path / "annotations.jsonl"

    @property
    def rejected(self) -> Path:
        """Those that are not in the data set, each with its reasons."""
        return self.path / "rejected.jsonl"

    @property
    def failures(self) -> Path:
        """Files that could not be annotated."""
        return self.path / "failures.jsonl"

    @property
    def reviews(self) -> Path:
        """What people decided."""
        return self.path / "reviews.jsonl"

    @property
    def manifest(self) -> Path:
        """The files with their checksums."""
        return self.path / "manifest.json"

    @contextmanager
    def held(self, on_wait: Any = None) -> Iterator[None]:
        """Nobody else annotates into it meanwhile; keeps some room for what must be written."""
        (self.path / WORK).mkdir(parents=True, exist_ok=True)
        with locks.held(self.path / WORK / ".lock", on_wait=on_wait):
            if not self._reserve.is_file():
                self._reserve.write_bytes(bytes(_RESERVE_BYTES))
            yield

    def append(self, row: Row) -> None:
        """Put a row on the disk, on the last room that there is if need be."""
        try:
            self.ledger.append(row)
        except OSError as error:
            if not room.is_full(error):
                raise
            self._reserve.unlink(missing_ok=True)
            self.ledger.append(row)

    def index(self) -> dict[Key, tuple[int, bool]]:
        """For each key its last row: where it begins in the ledger, and whether it is a failure."""
        found: dict[Key, tuple[int, bool]] = {}
        if self.ledger.path.is_file():
            for (start, _), row in zip(lines(self.ledger.path), self.ledger.read(), strict=True):
                found[rows.key_of_row(row)] = (start, rows.failed(row))
        return found

    def rows(self, starts: Sequence[int]) -> Stored:
        """Annotations of the ledger by where their rows begin."""
        return Stored(self.ledger.path, starts, inside="annotation")

    def row(self, start: int) -> Row:
        """One row of the ledger."""
        with self.ledger.path.open("rb") as file:
            file.seek(start)
            found: Row = json.loads(file.readline())
            return found

    def plan(self, items: Sequence[Item], gone: Sequence[tuple[str, Any]]) -> None:
        """Note which items the data set is made of, so that it can be finished again."""
        told = [{**encode(item), "path": str(item.path.absolute())} for item in items]
        data = {"schema": _PLAN, "items": told, "gone": [[id_, str(why)] for id_, why in gone]}
        write_atomically(self.path / WORK / "plan.json", json.dumps(data, ensure_ascii=False))

    def planned(self) -> tuple[list[Item], list[tuple[str, str]]]:
        """The items of the last time.

        Raises:
            InputError: nothing was annotated here, or the plan is damaged.
        """
        place = self.path / WORK / "plan.json"
        if not place.is_file():
            raise InputError(
                f"{self.path} has no work to go on with. Give the files: `affectlens annotate "
                f"PATHS -o {self.path}`."
            )
        try:
            data = json.loads(place.read_text("utf-8"))
            items = [_item(one) for one in data["items"]]
            return items, [(str(id_), str(why)) for id_, why in data["gone"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{place} is damaged ({error!r}). Give the files again.") from None

    @property
    def _reserve(self) -> Path:
        return self.path / WORK / ".reserve"


def _item(data: dict[str, Any]) -> Item:
    return decode(Item, {**data, "path": Path(str(data["path"]))}, "item")
