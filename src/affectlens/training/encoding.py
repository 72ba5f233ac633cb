"""Encoders run once: features of many clips, made before the first step and kept.

A line in a ledger for each clip; a run that was killed goes on where it stopped.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from affectlens.analyzer.batch import content
from affectlens.analyzer.engine import Crew, Died, spread
from affectlens.encoders import encode
from affectlens.encoders.encoder import Source
from affectlens.foundation import room
from affectlens.foundation.device import Place
from affectlens.foundation.errors import (
    AffectlensError,
    ConfigError,
    LimitError,
    UnavailableError,
)
from affectlens.foundation.locks import held
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import Ledger
from affectlens.media.opening import open_clip
from affectlens.training import kept_features, whole
from affectlens.training.item import Item
from affectlens.training.kept_features import Kept, Unreadable, file_of

SCHEMA = "affectlens.encoded/1"
LEDGER = "clips.jsonl"
STAGE = "features"
_NONE: Mapping[str, str] = {}  # held once
_STOPPING = {"config": ConfigError, "unavailable": UnavailableError, "limit": LimitError}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What is made of clips, and where it is kept."""

    folder: Path
    kinds: Mapping[str, str]  # by the name of the source
    sources: Mapping[str, Source]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip, and what it lacks."""

    clip: str
    media: Path
    lacks: Kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """How it went; of broken ones data, clip and reason, of missing ones how many clips."""

    done: int = 0
    there: int = 0  # done by an earlier run
    broken: tuple[tuple[str, str, str], ...] = ()
    missing: Mapping[str, int]  # by the name of the source


def encode_all(
    sources: Mapping[str, Sequence[Item]],
    wanted: Mapping[str, Iterable[int]],
    kinds: Mapping[str, Kinds],
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Encoded:
    """Make what clips lack; `wanted` has their indices and `kinds` what is made, by data.

    A clip that cannot be read is broken and does not stop the others.

    Raises:
        UnavailableError: an encoder's weights are not to be had.
        LimitError: the disk is full; what was made stays.
    """
    with ExitStack() as stack:
        books = {}
        for name, own in kinds.items():
            with room.wanted(own.folder):
                own.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(own.folder / ".lock"))
            books[name] = _Book(own, sources[name], wanted.get(name, ()))
        whose = {id(job): book for book in books.values() for job in book.jobs}
        jobs = [job for book in books.values() for job in book.jobs]
        with closing(_worked(jobs, workers)) as results:
            for number, (job, row) in enumerate(results, start=1):
                whose[id(job)].note(row)
                progress(STAGE, number / len(jobs))
    return _told(books)


def work(job: Job) -> Row:
    """Make and write what one clip lacks; gives its line for the ledger."""
    row: Row = {"clip": job.clip, "media": str(job.media), "stamp": stamp(job.media)}
    found: Mapping[str, Kept]
    try:
        clip = open_clip(job.media)
        found = whole.shown(clip, job.lacks.sources, job.lacks.place)
        row |= {"sha256": clip.sha256, "broken": None, "sure": True}
    except (ConfigError, UnavailableError) as error:  # of all clips
        return {**row, "stop": _kind_of(error), "why": str(error)}
    except Exception as error:  # noqa: BLE001 - one clip must not cost the others
        sure = isinstance(error, AffectlensError)
        why = str(error) if sure else f"{type(error).__name__}: {error}"
        found = dict.fromkeys(job.lacks.kinds, Unreadable(why))
        row |= {"sha256": content(job.media), "broken": why, "sure": sure}
    return {**row, **_written(job, found)}


def stamp(media: Path) -> str:
    """What tells a file from what it was before, without reading it."""
    try:
        facts = media.stat()
    except OSError:
        return ""
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _written(job: Job, found: Mapping[str, Kept]) -> Row:
    """The part of a line that tells of files."""
    own = job.lacks
    try:
        with room.wanted(own.folder):
            for name, one in found.items():
                kept_features.write(file_of(own.folder, own.kinds[name], job.clip), one)
    except LimitError as error:
        return {"stop": _kind_of(error), "why": str(error)}
    missing = {own.kinds[n]: one.reason for n, one in found.items() if isinstance(one, Missing)}
    return {"kinds": sorted(set(own.kinds.values())), "missing": missing}


def _kind_of(error: AffectlensError) -> str:
    return next(name for name, one in _STOPPING.items() if isinstance(error, one))


def _worked(jobs: Sequence[Job], workers: int) -> Generator[tuple[Job, Row]]:
    """Each job with its line; one worker is this process, which then lets its nets go."""
    if workers == 1 or len(jobs) < workers:
        try:
            yield from ((job, work(job)) for job in jobs)
        finally:
            encode.release()
        return
    with closing(spread(work, jobs, Crew(workers=workers))) as results:
        for job, result in results:
            yield job, _died(job, result) if isinstance(result, Died) else result


def _died(job: Job, death: Died) -> Row:
    """The line of a clip over which a worker ended; it is tried again by the next run."""
    row = {"clip": job.clip, "media": str(job.media), "stamp": stamp(job.media)}
    broken = dict.fromkeys(job.lacks.kinds, Unreadable(str(death)))
    facts = {"sha256": content(job.media), "broken": str(death), "sure": False}
    return {**row, **facts, **_written(job, broken)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a line of the ledger tells of a clip; a million of them are held."""

    stamp: str
    sha256: str
    broken: str | None
    sure: bool
    kinds: tuple[str, ...]
    missing: Mapping[str, str]  # by kind


class _Book:
    """The ledger of some data: what its clips have, and what they lack."""

    def __init__(self, own: Kinds, items: Sequence[Item], wanted: Iterable[int]) -> None:
        self.own = own
        self.ledger = Ledger(own.folder / LEDGER, SCHEMA)
        self.wanted: list[str] = []
        self.jobs: list[Job] = []
        self._same_kinds: dict[tuple[str, ...], tuple[str, ...]] = {}  # held once
        self._same_lacks: dict[tuple[str, ...], Kinds] = {}
        self.known = {row["clip"]: self._known(row) for row in self.ledger.read()}
        for index in wanted:
            item = items[index]
            if isinstance(item.media, Path):
                self.wanted.append(item.id)
                self._ask(item.id, item.media)

    def note(self, row: Row) -> None:
        """Write down what became of a clip.

        Raises:
            ConfigError, UnavailableError, LimitError: it stopped over something that all share.
        """
        if "stop" in row:
            raise _STOPPING[row["stop"]](row["why"])
        old = self.known.get(row["clip"])
        if old is not None and old.broken == row["broken"]:
            row["kinds"] = sorted({*old.kinds, *row["kinds"]})
            row["missing"] = {**old.missing, **row["missing"]}
        self.ledger.append(row)
        self.known[row["clip"]] = self._known(row)

    def _known(self, row: Row) -> _Known:
        kinds = tuple(row["kinds"])
        return _Known(
            stamp=row["stamp"],
            sha256=row["sha256"],
            broken=row["broken"],
            sure=row["sure"],
            kinds=self._same_kinds.setdefault(kinds, kinds),
            missing=row["missing"] or _NONE,
        )

    def _ask(self, clip: str, media: Path) -> None:
        """Set a clip down for work, unless it has everything."""
        known = self.known.get(clip)
        if known is not None and known.stamp != stamp(media) and not self._same(clip, media):
            known = None
            del self.known[clip]
        had = () if known is None or not known.sure else known.kinds
        folder = self.own.folder
        lacking = tuple(
            name
            for name, kind in self.own.kinds.items()
            if kind not in had or not file_of(folder, kind, clip).is_file()
        )
        if lacking:
            self.jobs.append(Job(clip=clip, media=media, lacks=self._lacks(lacking)))

    def _lacks(self, names: tuple[str, ...]) -> Kinds:
        """Some of what is made."""
        if names not in self._same_lacks:
            self._same_lacks[names] = replace(
                self.own,
                kinds={name: self.own.kinds[name] for name in names},
                sources={name: self.own.sources[name] for name in names},
            )
        return self._same_lacks[names]

    def _same(self, clip: str, media: Path) -> bool:
        """Whether a file that was touched, moved or copied has the content that it had."""
        known = self.known[clip]
        if not known.sha256 or known.sha256 != content(media):
            return False
        self.note({**asdict(known), "clip": clip, "media": str(media), "stamp": stamp(media)})
        return True


def _told(books: Mapping[str, _Book]) -> Encoded:
    missing: Counter[str] = Counter()
    broken: list[tuple[str, str, str]] = []
    for name, book in books.items():
        for clip in book.wanted:
            known = book.known[clip]
            missing.update(n for n, kind in book.own.kinds.items() if kind in known.missing)
            if known.broken:
                broken.append((name, clip, known.broken))
    done = sum(len(book.jobs) for book in books.values())
    there = sum(len(book.wanted) for book in books.values()) - done
    return Encoded(done=done, there=there, broken=tuple(broken), missing=missing)
