"""Encoders run once: features of many clips, made before the first step and kept.

A line in a ledger for each clip; a run that was killed goes on where it stopped.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from affectlens.analyzer.batch import content
from affectlens.analyzer.engine import Crew, Died, spread
from affectlens.encoders import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
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
from affectlens.media.shared import Shared
from affectlens.training import kept_features, whole
from affectlens.training.item import Item
from affectlens.training.kept_features import Kept, Unreadable, file_of

SCHEMA = "affectlens.encoded/1"
LEDGER = "clips.jsonl"
STAGE = "features"
_NONE: Mapping[str, Any] = {}  # held once
_STILLS = Shared()  # starts nothing before there is a picture
_STOPPING = {"config": ConfigError, "unavailable": UnavailableError, "limit": LimitError}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What is made of clips, and where it is kept."""

    folder: Path
    kinds: Mapping[str, str]  # by the name of the source
    sources: Mapping[str, Source]
    place: Place
    detector: str | None = None  # of faces; None: the usual one


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip, and what it lacks."""

    clip: str
    media: Path
    copies: int  # changed ones, beside it as it is
    lacks: Kinds


class Asked(NamedTuple):
    """What is wanted of a clip: some sources, and so many changed copies."""

    item: Item
    names: Collection[str]
    copies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """How it went; of broken ones data, clip and reason, of missing ones how many clips."""

    done: int = 0
    there: int = 0  # done by an earlier run
    broken: tuple[tuple[str, str, str], ...] = ()
    missing: Mapping[str, int]  # by the name of the source


def encode_all(
    wanted: Mapping[str, Iterable[Asked]],
    kinds: Mapping[str, Kinds],
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Encoded:
    """Make what clips lack; `kinds` is what can be made of each data.

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
            books[name] = _Book(own, wanted.get(name, ()))
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
    found: Sequence[Mapping[str, Kept]]
    seeds = [whole.seed_of(job.clip, copy) for copy in range(job.copies + 1)]
    try:
        clip, own = open_clip(job.media, stills=_STILLS), job.lacks
        found = whole.shown(clip, own.sources, own.place, seeds, detector=own.detector)
        row |= {"sha256": clip.sha256, "broken": None, "sure": True}
    except (ConfigError, UnavailableError) as error:  # of all clips
        return {**row, "stop": _kind_of(error), "why": str(error)}
    except Exception as error:  # noqa: BLE001 - one clip must not cost the others
        why = str(error) if (sure := isinstance(error, AffectlensError)) else repr(error)
        found = [dict.fromkeys(job.lacks.kinds, Unreadable(why))]
        row |= {"sha256": content(job.media), "broken": why, "sure": sure}
    return {**row, **_written(job, found)}


def stamp(media: Path) -> str:
    """What tells a file from what it was before, without reading it."""
    try:
        facts = media.stat()
    except OSError:
        return ""
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _written(job: Job, found: Sequence[Mapping[str, Kept]]) -> Row:
    """The part of a line that tells of files."""
    own, (itself, *copies) = job.lacks, found
    try:
        with room.wanted(own.folder):
            for name, one in itself.items():
                path = file_of(own.folder, own.kinds[name], job.clip)
                changed = [copy[name] for copy in copies if whole.is_changed(own.sources[name])]
                kept_features.write(path, one, [c for c in changed if isinstance(c, Features)])
    except LimitError as error:
        return {"stop": _kind_of(error), "why": str(error)}
    missing = {own.kinds[n]: one.reason for n, one in itself.items() if isinstance(one, Missing)}
    kinds = sorted(set(own.kinds.values()))
    return {"kinds": kinds, "missing": missing, "copies": dict.fromkeys(kinds, job.copies)}


def _kind_of(error: AffectlensError) -> str:
    return next(name for name, one in _STOPPING.items() if isinstance(error, one))


def _worked(jobs: Sequence[Job], workers: int) -> Generator[tuple[Job, Row]]:
    """Each job with its line; one worker is this process, which then lets its nets go."""
    if workers == 1 or len(jobs) < workers:
        try:
            yield from ((job, work(job)) for job in jobs)
        finally:
            encode.release()
            _STILLS.close()
        return
    with closing(spread(work, jobs, Crew(workers=workers))) as results:
        for job, result in results:
            yield job, _died(job, result) if isinstance(result, Died) else result


def _died(job: Job, death: Died) -> Row:
    """The line of a clip over which a worker ended; it is tried again by the next run."""
    row = {"clip": job.clip, "media": str(job.media), "stamp": stamp(job.media)}
    broken = dict.fromkeys(job.lacks.kinds, Unreadable(str(death)))
    facts = {"sha256": content(job.media), "broken": str(death), "sure": False}
    return {**row, **facts, **_written(job, [broken])}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a line of the ledger tells of a clip; a million of them are held."""

    stamp: str
    sha256: str
    broken: str | None
    sure: bool
    kinds: tuple[str, ...]
    missing: Mapping[str, str]  # by kind
    copies: Mapping[str, int]  # by kind


class _Book:
    """The ledger of some data: what its clips have, and what they lack."""

    def __init__(self, own: Kinds, wanted: Iterable[Asked]) -> None:
        self.own = own
        self.ledger = Ledger(own.folder / LEDGER, SCHEMA)
        self.wanted: list[str] = []
        self.jobs: list[Job] = []
        self.without: Counter[str] = Counter()  # sources of clips that have no file
        self._same_kinds: dict[tuple[str, ...], tuple[str, ...]] = {}  # held once
        self._same_lacks: dict[tuple[str, ...], Kinds] = {}
        self.known = {row["clip"]: self._known(row) for row in self.ledger.read()}
        for asked in wanted:
            if isinstance(asked.item.media, Path):
                self.wanted.append(asked.item.id)
                self._ask(asked, asked.item.media)
            else:
                self.without.update(asked.names)

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
            row["copies"] = {**old.copies, **row["copies"]}
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
            copies={kind: n for kind, n in row.get("copies", {}).items() if n} or _NONE,
        )

    def _ask(self, asked: Asked, media: Path) -> None:
        """Set a clip down for work, unless it has everything."""
        clip = asked.item.id
        known = self.known.get(clip)
        if known is not None and known.stamp != stamp(media) and not self._same(clip, media):
            known = None
            del self.known[clip]
        had = () if known is None or not known.sure else known.kinds
        copies = _NONE if known is None else known.copies
        folder = self.own.folder
        lacking = tuple(
            name
            for name, kind in self.own.kinds.items()
            if name in asked.names
            and (
                kind not in had
                or copies.get(kind, 0) < asked.copies
                or not file_of(folder, kind, clip).is_file()
            )
        )
        if lacking:
            lacks = self._lacks(lacking)
            self.jobs.append(Job(clip=clip, media=media, copies=asked.copies, lacks=lacks))

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
        missing.update({n: book.without[n] for n in book.own.kinds if book.without[n]})
        for clip in book.wanted:
            known = book.known[clip]
            missing.update(n for n, kind in book.own.kinds.items() if kind in known.missing)
            if known.broken:
                broken.append((name, clip, known.broken))
    done = sum(len(book.jobs) for book in books.values())
    there = sum(len(book.wanted) for book in books.values()) - done
    return Encoded(done=done, there=there, broken=tuple(broken), missing=missing)
