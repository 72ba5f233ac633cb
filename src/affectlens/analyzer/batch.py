"""Many files: spread over processes, one line per file in a ledger, and nothing done twice.

A line is written, flushed and synced before the next file counts as done; a run that was killed
goes on where it stopped when the same command is given again.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from affectlens.analyzer.engine import Crew, Died, spread
from affectlens.analyzer.line import analyze
from affectlens.analyzer.settings import Settings, digest
from affectlens.foundation.errors import AffectlensError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import Ledger
from affectlens.reasoning import document
from affectlens.reasoning.analysis import Analysis

FAILURE = "affectlens.failure/1"
# What a folder is searched for; a file that is named is tried whatever it is called.
SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("3gp", "avi", "flv", "gif", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv"),
        *("ts", "webm", "wmv"),
        *("aac", "aiff", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav", "wma"),
        *("bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp"),
    )
)

Row = dict[str, Any]
Key = tuple[str, str, str]


class Job(Hashable, Protocol):
    """One file of a run, and how it is treated."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def digest(self) -> str:
        """Of all that the result depends on beside the file itself."""


J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class Task(Generic[J]):
    """What is done with each file."""

    work: Callable[[J], Row]  # a module's function; whatever goes wrong becomes a row, too
    holds: Callable[[Row], bool] = lambda row: True  # whether what a row tells of is still there


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a run."""

    path: Path
    settings: Settings
    subtitles: Path | None = None
    openface: Path | None = None
    words: str | None = None  # what is said in it, without times
    warnings: tuple[str, ...] = ()  # of the run, that belong into each result

    @property
    def digest(self) -> str:
        """Of all that the result depends on beside the file itself."""
        return digest(self.settings, self.path, self.subtitles, self.openface, self.words)


@dataclass(frozen=True, slots=True)
class Tally:
    """How a run went: files done now, done by an earlier run, and failed (now or earlier)."""

    done: int
    skipped: int
    failed: int


def find(paths: Iterable[Path]) -> list[Path]:
    """The files of a run: as given, folders searched for media, each once, in a fixed order."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        for file in inside if path.is_dir() else [path]:
            found.setdefault(file)
    return list(found)


def run(
    items: Mapping[J, Key],
    ledger: Ledger,
    task: Task[J],
    *,
    crew: Crew,
    retry_failed: bool = False,
    note: Callable[[Row], None] = lambda row: None,
) -> Tally:
    """Do what the ledger does not have yet; `note` hears of each new row.

    `items` come with their keys, so that large files are read once for it.

    A file counts as done when the ledger has its path with the same content, the same settings and
    the same subtitles.
    """
    had_failed = _had_failed(ledger, task)
    old = {key for key, bad in had_failed.items() if not (bad and retry_failed)}
    todo = [item for item, key in items.items() if key not in old]
    failed = sum(had_failed[key] for key in old & set(items.values()))
    with closing(spread(task.work, todo, crew)) as results:
        for item, result in results:
            row = failure(item, result) if isinstance(result, Died) else result
            ledger.append(row)
            failed += failed_in(row)
            note(row)
    return Tally(done=len(todo), skipped=len(items) - len(todo), failed=failed)


def _had_failed(ledger: Ledger, task: Task[J]) -> dict[Key, bool]:
    """Whether a file failed, for each that is done; its last row counts."""
    found: dict[Key, bool] = {}
    for row in ledger.read():
        found[key_of(row)] = failed_in(row)
        if not failed_in(row) and not task.holds(row):
            del found[key_of(row)]
    return found


def work(item: Item) -> Row:
    """One file's row; whatever goes wrong with it becomes a row too, so that the others go on."""
    try:
        analysis = analyze(
            item.path,
            item.settings,
            subtitles=item.subtitles,
            openface=item.openface,
            words=item.words,
            offline=True,
        )
        return document.to_json(warned(analysis, item.warnings))
    except Exception as error:  # noqa: BLE001 - a bug that one file wakes must not cost the others
        return failure(item, error)


def warned(analysis: Analysis, warnings: Sequence[str]) -> Analysis:
    """An analysis with the warnings of its run before its own."""
    return replace(analysis, warnings=(*warnings, *analysis.warnings))


def failure(item: Job, error: Exception) -> Row:
    """The row of a file that could not be done."""
    expected = isinstance(error, AffectlensError)
    return {
        "schema": FAILURE,
        "input": {"path": str(item.path), "sha256": content(item.path)},
        "error": str(error) if expected else f"{type(error).__name__}: {error}",
        "exit_code": error.exit_code if isinstance(error, AffectlensError) else 1,
        "run": {"settings_sha256": item.digest},
    }


def failed_in(row: Row) -> bool:
    """Whether a row of the ledger is that of a file that could not be done."""
    return bool(row["schema"] == FAILURE)


def key(item: Job) -> Key:
    """What a ledger knows an item by: path, content, and what it is treated with."""
    return str(item.path), content(item.path), item.digest


def key_of(row: Row) -> Key:
    """What a row of the ledger is known by; see `key`."""
    try:
        return row["input"]["path"], row["input"]["sha256"], row["run"]["settings_sha256"]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"A record of the results lacks {error}: another tool wrote it. Choose a new file."
        ) from None


def content(path: Path) -> str:
    """The file's sha256, or "" for what is no readable file: its analysis will say so."""
    try:
        return sha256_of(path) if path.is_file() else ""
    except (OSError, InputError):
        return ""
