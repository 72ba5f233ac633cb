"""Leaks: clips that are learned and developed on, told by the content of their files.

A clip's checksum is the one that its annotation tells, else that of its file, of words alone that
of the words. Of files only those are read that have the size of a file which is developed on.
Within one source the same id is the same clip. A clip that is put together of others is all of
them.
"""

# N clips of a source

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.training.contents import NOT_THERE, UNKNOWN, short, short_id, size_of, told_of
from affectlens.training.item import Item, Sources, contents_of
from affectlens.training.recipe import Recipe
from affectlens.training.survey import Survey

_SHOWN = 5
_DAMAGE = (ValueError, KeyError, TypeError, RecursionError)  # of a line of the cache


@dataclass(frozen=True, slots=True)
class Leak:
    """A clip that is learned, and the one that is developed on."""

    source: str
    index: int
    learned: str
    held: str


class Checksums:
    """SHA-256 of files; those in `cache` (JSON lines) are not read again while they are as then."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[tuple[str, int, int], str] = {}
        if cache is not None and cache.is_file():
            with cache.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    self._remember(line)

    def of(self, item: Item) -> str | None:
        """The checksum of a clip; None where nothing tells it."""
        told = told_of(item)
        if told is not None or isinstance(item.media, Missing):
            return told
        try:
            path, stat = item.media.resolve(), item.media.stat()
            key = (str(path), stat.st_size, stat.st_mtime_ns)
            if key not in self._known:
                self._known[key] = sha256_of(path)
                self._write(key)
        except OSError:
            return None
        return self._known[key]

    def _write(self, key: tuple[str, int, int]) -> None:
        if self._cache is None:
            return
        path, size, time = key
        row = {"path": path, "size": size, "mtime_ns": time, "sha256": self._known[key]}
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        with self._cache.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(row) + "\n")

    def _remember(self, line: str) -> None:
        """A line that a kill tore is passed over: its file is read again."""
        try:
            row = json.loads(line)
            key = (str(row["path"]), int(row["size"]), int(row["mtime_ns"]))
            self._known[key] = str(row["sha256"])
        except _DAMAGE:
            return


@dataclass(slots=True)
class _Held:
    """What is developed on."""

    names: dict[str, str]  # by checksum
    ids: set[tuple[str, str]]  # source and id
    sizes: set[int] | None  # of their files; None: those of some are unknown
    unknown: int  # clips without checksum


def checked(
    found: Survey,
    sources: Sources,
    recipe: Recipe,
    cache: Path | None = None,
    *,
    also: Sequence[tuple[str, int]] = (),
    progress: Progress = silent,
) -> Survey:
    """The same survey, without leaks where the recipe drops them.

    `also` are clips that other stages develop on: what this one learns, they begin with.

    Raises:
        ConfigError: there are leaks and the recipe stops at them, or a pool consisted of nothing
            else.
    """
    develop = tuple(dict.fromkeys((*found.develop, *also)))
    if not develop:
        return found
    sums = Checksums(cache)
    held = _held(develop, sources, sums)
    leaks: list[Leak] = []
    unknown = held.unknown
    for name, contents in found.contents.items():
        suspects_N = _suspects(found, name, held)
        suspects = np.unique(contents.indices[suspects_N])
        for done, index in enumerate(suspects, 1):
            leak = _leak(name, int(index), sources[name], held, sums)
            leaks += [] if leak is None else [leak]
            progress(f"leaks, {name}", done / len(suspects))
        unknown += int(((contents.sums == UNKNOWN) & (contents.sizes == NOT_THERE)).sum())
    return _settled(found, recipe, leaks, unknown)


def _held(develop: Sequence[tuple[str, int]], sources: Sources, sums: Checksums) -> _Held:
    held = _Held(names={}, ids=set(), sizes=set(), unknown=0)
    for place, index in develop:
        for source, item in contents_of(place, sources[place][index]):
            _hold(held, source, item, sums.of(item))
    return held


def _hold(held: _Held, source: str, item: Item, checksum: str | None) -> None:
    held.ids.add((source, item.id))
    if checksum is None:
        held.unknown += 1
        return
    held.names[checksum] = f"{item.id!r} of {source}"
    if not isinstance(item.annotation.source.sha256, Missing):
        held.sizes = None  # the file may be another than the one that was annotated
    elif held.sizes is not None:
        held.sizes.add(size_of(item))


def _suspects(found: Survey, name: str, held: _Held) -> NDArray[np.bool_]:
    """The clips of a source that are to be looked at again, (N,)."""
    contents = found.contents[name]
    ids = [short_id(source, id_) for source, id_ in held.ids]
    sums = [short(checksum) for checksum in held.names]
    suspects_N = np.isin(contents.ids, np.array(ids, np.uint64))
    suspects_N |= np.isin(contents.sums, np.array(sums, np.uint64))
    sizes_N = contents.sizes
    if held.sizes is None:
        suspects_N |= sizes_N != NOT_THERE
    else:
        suspects_N |= np.isin(sizes_N, np.array(sorted(held.sizes - {NOT_THERE}), np.int64))
    return suspects_N


def _leak(
    name: str, index: int, items: Sequence[Item], held: _Held, sums: Checksums
) -> Leak | None:
    try:
        item = items[index]
    except InputError:  # it was sound a moment ago; whoever draws it says so
        return None
    for source, own in contents_of(name, item):
        if (source, own.id) in held.ids:
            held_as = "itself" if source == name else f"{own.id!r} of {source}"
            return Leak(name, index, f"{item.id!r} of {name}", held_as)
        other = held.names.get(sums.of(own) or "")
        if other is not None:
            return Leak(name, index, f"{item.id!r} of {name}", other)
    return None


def _settled(found: Survey, recipe: Recipe, leaks: Sequence[Leak], unknown: int) -> Survey:
    """What the recipe does about leaks."""
    notes = list(found.notes)
    if unknown:
        notes.append(
            f"{unknown:,} clips have neither a checksum nor a file here: whether they are both "
            "learned and developed on, under two names, cannot be told."
        )
    if not leaks:
        return replace(found, notes=tuple(notes))
    told = _told(leaks)
    if recipe.leaks == "stop":
        raise ConfigError(
            f"{told} Take them out of one of both, or set leaks to drop, which does not learn "
            "them, or to allow."
        )
    if recipe.leaks == "allow":
        return replace(found, notes=(*notes, told))
    return replace(_dropped(found, leaks), notes=(*notes, f"{told} They are not learned."))


def _told(leaks: Sequence[Leak]) -> str:
    pairs = "; ".join(f"{one.learned} is {one.held}" for one in leaks[:_SHOWN])
    more = "; …" if len(leaks) > _SHOWN else ""
    return f"{len(leaks):,} clips are both learned and developed on: {pairs}{more}."


def _dropped(found: Survey, leaks: Sequence[Leak]) -> Survey:
    """The survey without them in its pools and counts."""
    gone = {
        name: np.array([leak.index for leak in leaks if leak.source == name], np.uint32)
        for name in found.contents
    }
    pools = tuple(
        replace(pool, indices=pool.indices[~np.isin(pool.indices, gone[pool.source])])
        for pool in found.pools
    )
    for pool in pools:
        if not len(pool.indices):
            raise ConfigError(
                f"All clips of data.{pool.source} for the task {pool.task!r} are developed on, so "
                "that none is left to learn. Hold other clips back."
            )
    counts = {name: dict(told) for name, told in found.counts.items()}
    for name, indices in gone.items():
        counts[name]["learned"] -= len(indices)
        counts[name]["leaks"] = len(indices)
    for pool in pools:
        counts[pool.source][pool.task] = len(pool.indices)
    return replace(found, pools=pools, counts=counts)
