"""`Shelf`: the clips of a data set, kept and rejected, found by place or id and read singly."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.annotation import document
from affectlens.annotation.annotation import SCHEMA, Annotation
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.review.decisions import seen_of_line
from affectlens.annotation.stored import lines
from affectlens.emotions.spaces import SPACES, space
from affectlens.foundation.errors import AffectlensError, InputError

Stamp = tuple[int, int, int]  # of a file: its number, size in bytes, time of change in ns


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip as far as lists need it."""

    id: str
    seen: str  # see `decisions.seen`
    label: str | None
    rejected: bool
    file: Path
    start: int  # where its line begins, in bytes


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clips in order: those that are in the data set, then those that were rejected."""

    entries: Sequence[Entry]
    places: dict[str, int]  # by id
    stamps: tuple[Stamp | None, ...]  # of the files, to tell whether they changed

    @classmethod
    def of(cls, root: Path) -> "Shelf":
        """The shelf of a data set.

        Raises:
            InputError: there is none in this folder, or a line of it is damaged.
        """
        files = _files(root)
        if not any(file.is_file() for file in files):
            raise InputError(
                f"{root} is no data set: it has no {files[0].name}. Make one with `affectlens "
                "annotate PATHS -o FOLDER`, then review that folder."
            )
        stamps = tuple(stamp_of(file) for file in files)
        entries = [entry for file in files if file.is_file() for entry in _entries(file)]
        places = {entry.id: place for place, entry in enumerate(entries)}
        if len(places) < len(entries):
            twice = next(one.id for place, one in enumerate(entries) if places[one.id] != place)
            raise InputError(f"{root} has the id {twice!r} twice. Annotate again.")
        return cls(entries, places, stamps)

    def fresh(self, root: Path) -> bool:
        """Whether the data set is as it was when it was read."""
        return self.stamps == tuple(stamp_of(file) for file in _files(root))

    def read(self, place: int) -> Annotation:
        """The annotation at a place.

        Raises:
            InputError: the file changed meanwhile, or the line is damaged.
        """
        entry = self.entries[place]
        with entry.file.open("rb") as file:
            file.seek(entry.start)
            line = file.readline()
        where = f"{entry.file}, clip {entry.id}"
        annotation = document.from_json(_object(line, where), where)
        if annotation.id != entry.id:
            raise InputError(f"{entry.file} changed while it was read. Load the page again.")
        return annotation

    def labels(self, root: Path) -> tuple[str, ...]:
        """The label space of the recipe, else a published one that fits, and any other label."""
        there = {entry.label for entry in self.entries if entry.label is not None}
        planned = _planned(root)
        fitting = [one.labels for one in SPACES.values() if there and there <= set(one.labels)]
        # MERR's nine are the usual ones; they stand where several fit.
        usual = SPACES["mer9"].labels
        chosen = planned or (usual if usual in fitting or not fitting else fitting[0])
        return (*chosen, *sorted(there - set(chosen)))


def _files(root: Path) -> tuple[Path, Path]:
    folder = DataFolder(root)
    return folder.annotations, folder.rejected


def _entries(file: Path) -> Iterator[Entry]:
    for number, (start, line) in enumerate(lines(file), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        data = _object(line, where)
        if data.get("schema") != SCHEMA:
            document.from_json(data, where)  # says what is wrong
        try:
            label = data["label"] if isinstance(data["label"], str) else None
            yield Entry(
                str(data["id"]), seen_of_line(data), label, bool(data["rejected"]), file, start
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{where} is no annotation ({error!r}). Annotate again.") from None


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}). Annotate again.") from None
    if not isinstance(data, dict):
        raise InputError(f"{where} is no annotation. Annotate again.")
    return data


def _planned(root: Path) -> tuple[str, ...]:
    """The labels of the recipe that the data set was made by; none of an import."""
    try:
        recipe = json.loads((root / "recipe.json").read_text("utf-8"))
        return space(str(recipe["analysis"]["reasoning"]["label_space"])).labels
    except (OSError, ValueError, KeyError, TypeError, RecursionError, AffectlensError):
        return ()


def stamp_of(file: Path) -> Stamp | None:
    """What tells one state of a file from another; None of no file."""
    try:
        facts = file.stat()
    except FileNotFoundError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
