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

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.annotation import rows
from affectlens.annotation.item import Item
from affectlens.annotation.media import FOLDER as MEDIA
from affectlens.annotation.one import WORK
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.rows import Key, Row
from affectlens.annotation.stored import Stored, lines
from affectlens.foundation import config, locks, room
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import ConfigError, InputError, LimitError
from affectlens.foundation.records import Ledger, write_atomically

_RESERVE_BYTES = 2**18  # room for the last rows on a full disk
_PLAN = "affectlens.plan/1"


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the ledger."""

    start: int  # where it begins, in bytes
    failed: bool
    sha256: str


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
        """Nobody else annotates into it meanwhile; keeps some room for what must be written.

        Raises:
            ConfigError: other files lie there, which are not to be mixed up with a data set.
            LimitError: the disk is full.
        """
        self._refuse_strangers()
        with self._room():
            (self.path / WORK).mkdir(parents=True, exist_ok=True)
            with locks.held(self.path / WORK / ".lock", on_wait=on_wait):
                self._tidy()
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

    def index(self) -> dict[Key, Place]:
        """For each key its last row."""
        found: dict[Key, Place] = {}
        if self.ledger.path.is_file():
            for (start, line), row in zip(lines(self.ledger.path), self.ledger.read(), strict=True):
                place = Place(start, rows.failed(row), hashlib.sha256(line).hexdigest())
                found[rows.key_of_row(row)] = place
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

    def plan(self, items: Sequence[Item], gone: Sequence[tuple[str, Any]], recipe: Recipe) -> None:
        """Note which items the data set is made of, and how, so that it can be finished again."""
        told = [{**encode(item), "path": str(item.path.absolute())} for item in items]
        data = {
            "schema": _PLAN,
            "items": told,
            "gone": [[id_, str(why)] for id_, why in gone],
            "recipe": config.as_dict(recipe),
        }
        write_atomically(self._plan, json.dumps(data, ensure_ascii=False))

    def planned(self) -> tuple[list[Item], list[tuple[str, str]]]:
        """The items of the last time.

        Raises:
            InputError: nothing was annotated here, or the plan is damaged.
        """
        data = self._planned()
        try:
            items = [_item(one) for one in data["items"]]
            return items, [(str(id_), str(why)) for id_, why in data["gone"]]
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from None

    def recipe(self) -> Recipe:
        """The recipe of the last time.

        Raises:
            InputError: nothing was annotated here, or the plan is damaged.
        """
        data = self._planned()
        try:
            return decode(Recipe, data["recipe"], "recipe of the last time")
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from None

    def _planned(self) -> dict[str, Any]:
        if not self._plan.is_file():
            raise InputError(
                f"{self.path} has no work to go on with. Give the files: `affectlens annotate "
                f"PATHS -o {self.path}`."
            )
        try:
            found: dict[str, Any] = json.loads(self._plan.read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise self._damaged(error) from None
        return found

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self._plan} is damaged ({error!r}). Give the files again.")

    @property
    def _plan(self) -> Path:
        return self.path / WORK / "plan.json"

    def _refuse_strangers(self) -> None:
        ours = (WORK, *(p.name for p in (self.reviews, self.manifest)), "recipe.json")
        names = {p.name for p in self.path.iterdir()} if self.path.is_dir() else set()
        if not names & set(ours) and any(not name.startswith(".") for name in names):
            raise ConfigError(
                f"{self.path} holds other files and no data set. Choose a new folder, or an empty "
                "one: a data set has a README.md and others of its own."
            )
        if self.annotations.name in names and not names & {WORK, "recipe.json"}:
            raise ConfigError(f"{self.path} holds a data set that was imported. Choose a new one.")

    def _tidy(self) -> None:
        """Drop what runs that were killed were writing: media may be large."""
        work = self.path / WORK
        for place in (self.path, self.path / MEDIA, work, work / "items"):
            for draft in place.glob(".*.part"):
                draft.unlink(missing_ok=True)

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not room.is_full(error):
                raise
            raise LimitError(
                f"The disk of {self.path} is full. Nothing that was made is lost: make room, then "
                "give the same command again."
            ) from error

    @property
    def _reserve(self) -> Path:
        return self.path / WORK / ".reserve"


def _item(data: dict[str, Any]) -> Item:
    return decode(Item, {**data, "path": Path(str(data["path"]))}, "item")
