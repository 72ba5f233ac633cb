"""Rows of the ledger: one for each file, annotated or not, and what a row was made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.analyzer.engine import Died
from affectlens.annotation import document, fingerprint, media
from affectlens.annotation.annotation import Media
from affectlens.annotation.item import Item
from affectlens.annotation.one import VERSION, annotate, tools
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps import captioned, checked, described, peaked, seen
from affectlens.annotation.work import key_of
from affectlens.foundation import room
from affectlens.foundation.decoding import encode
from affectlens.foundation.errors import AffectlensError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.media.opening import side_cars

SCHEMA = "affectlens.annotated/1"
FAILURE = "affectlens.failure/1"

Row = dict[str, Any]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """One file, with everything that a worker needs."""

    item: Item
    recipe: Recipe
    root: Path  # of the data set
    key: Key


def made_with(recipe: Recipe) -> str:
    """SHA-256 in hex of all that rows of any file depend on: recipe, models and versions.

    Raises:
        ConfigError: a describer cannot be as the recipe says.
        UnavailableError: a model is neither here nor to be fetched.
    """
    versions = (
        VERSION, seen.PERCEPTION, peaked.VERSION, described.VERSION, captioned.VERSION,
        checked.VERSION, fingerprint.VERSION,
    )  # fmt: skip
    describers = {task: describer.identity for task, describer in tools(recipe).items()}
    output = (recipe.output.media, recipe.output.sound, recipe.output.licence)
    analysis = seen.identity_of(recipe.analysis)
    return key_of(versions, recipe.of_items, analysis, describers, output)


def key(item: Item, made: str) -> Key:
    """What a row is known by: its id, the file's content, and all else that it depends on."""
    told = {name: value for name, value in encode(item).items() if name != "path"}
    beside = [_content(path) for path in side_cars(item.path)] if item.words is None else []
    return item.id, _content(item.path), key_of(made, item.path.name, told, beside)


def work(job: Job) -> Row:
    """One file's row; whatever goes wrong with it becomes a row too, so that the others go on."""
    try:
        return _annotated(job)
    except Exception as error:  # noqa: BLE001 - a bug that one file wakes must not cost the others
        return failure(job, error)


def _annotated(job: Job) -> Row:
    annotation = annotate(job.item, job.recipe, job.root)
    if annotation.source.sha256 != job.key[1]:  # the row would be known by another content
        raise InputError(f"{job.item.path.name} changed meanwhile; annotate it again.")
    return {
        **_head(job),
        "schema": SCHEMA,
        "annotation": document.to_json(annotation),
        "media": media.checksums(annotation.media, job.item, job.key[1], job.root),
    }


def failure(job: Job, error: Exception) -> Row:
    """The row of a file that could not be annotated."""
    expected = isinstance(error, AffectlensError | OSError | Died)
    full = any(map(room.is_full, _chain(error)))
    return {
        **_head(job),
        "schema": FAILURE,
        "error": str(error) if expected else f"{type(error).__name__}: {error}",
        "exit_code": error.exit_code if isinstance(error, AffectlensError) else 1,
        "disk_full": full,
        "again": full or isinstance(error, Died),
    }


def failed(row: Mapping[str, Any]) -> bool:
    """Whether a row is that of a file that could not be annotated."""
    return bool(row["schema"] == FAILURE)


def stands(row: Mapping[str, Any], job: Job) -> bool:
    """Whether what a row tells is still so; else its file is annotated once more.

    A failure that the file is not to blame for, such as a full disk or a process that was killed,
    may have passed. Media may have been deleted, or replaced by those of another file.
    """
    if failed(row):
        return not row.get("again")
    found = Media(**row["annotation"]["media"])
    return bool(media.checksums(found, job.item, job.key[1], job.root) == row.get("media"))


def key_of_row(row: Mapping[str, Any]) -> Key:
    """What a row is known by.

    Raises:
        InputError: somebody else wrote it.
    """
    try:
        return row["input"]["id"], row["input"]["sha256"], row["made_by"]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"A row of the ledger lacks {error}: `affectlens annotate` did not write it. Choose "
            "another folder."
        ) from None


def _head(job: Job) -> Row:
    id_, sha256, made_by = job.key
    return {"input": {"id": id_, "path": str(job.item.path), "sha256": sha256}, "made_by": made_by}


def _content(path: Path) -> str:
    """The file's sha256, or "" for what is no readable file: its row will say so."""
    try:
        return sha256_of(path) if path.is_file() else ""
    except OSError:
        return ""


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what it came from."""
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found
