"""Near-duplicates of a data set, the groups that they make, and what leaks between splits."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.likeness import Rows, bits_of, heard_alike, near, seen_alike
from affectlens.annotation.recipe import Twins
from affectlens.corpora.check import Leak
from affectlens.foundation.missing import Missing

_MANY = 16384  # pairs that are compared at a time
_NOTHING = Missing("not both have it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two clips that are the same but for their encoding; `first` comes before in order of ids."""

    first: str
    second: str
    kind: Literal["bytes", "near"]
    pictures: float | Missing  # bits of 64 that differ, mean of the moments
    sound: float | Missing  # share of bits that differ


def twins(annotations: Sequence[Annotation], settings: Twins) -> tuple[Pair, ...]:
    """Files of the same bytes and, where they are to be found, near-duplicates, in order of ids.

    Of very many with one sound not every pair is told, but enough to make one group.
    """
    ordered = sorted(annotations, key=lambda one: one.id)
    found = {(pair.first, pair.second): pair for pair in _same_bytes(ordered)}
    if settings.find:
        for pair in _near(ordered, settings):
            found.setdefault((pair.first, pair.second), pair)
    return tuple(found[key] for key in sorted(found))


def groups(pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Ids that are joined by pairs, each group in order, the groups in order of their first."""
    joined = joined_by((pair.first, pair.second) for pair in pairs)
    members: dict[str, list[str]] = defaultdict(list)
    for one, root in joined.items():
        members[root].append(one)
    return tuple(sorted(tuple(sorted(some)) for some in members.values()))


def joined_by(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each name the least one of all that pairs join it with."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        above.setdefault(name, name)
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        above[high] = low
    return {name: root(name) for name in above}


def dropped(annotations: Sequence[Annotation], pairs: Sequence[Pair]) -> dict[str, str]:
    """Which clips go, and the twin that each stays for: that of the best score, then of first id.

    Near-duplicates of different labels that people gave both stay: pictures of one sitting look
    alike, and nobody can tell which of the labels would be wrong.
    """
    by_id = {one.id: one for one in annotations}
    same = [pair for pair in pairs if pair.first in by_id and pair.second in by_id]
    told = [pair for pair in same if pair.kind == "bytes" or not contradict(pair, by_id)]
    gone: dict[str, str] = {}
    for group in groups(told):
        best = min(group, key=lambda id_: (-_score(by_id[id_]), id_))
        gone |= dict.fromkeys((id_ for id_ in group if id_ != best), best)
    return gone


def contradict(pair: Pair, by_id: Mapping[str, Annotation]) -> bool:
    """Whether people gave both a label, and not the same."""
    labels = {by_id[pair.first].given, by_id[pair.second].given}
    return len(labels) == 2 and not any(isinstance(label, Missing) for label in labels)


def leaks(annotations: Iterable[Annotation], pairs: Sequence[Pair]) -> tuple[Leak, ...]:
    """What two splits of people have in common: bytes, near-duplicates, speakers, sources."""
    splits: dict[str, str] = {}
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in annotations:
        if isinstance(one.split, Missing):
            continue
        splits[one.id] = one.split
        for kind in ("speaker", "source"):
            name = known_as(one, kind)
            if not isinstance(name, Missing):
                places[kind, name].add(one.split)
    for pair in pairs:
        both = {splits[id_] for id_ in (pair.first, pair.second) if id_ in splits}
        places[pair.kind, f"{pair.first} = {pair.second}"] |= both
    return tuple(_leaks(places))


def _leaks(places: Mapping[tuple[str, str], set[str]]) -> Iterator[Leak]:
    """Of each kind and name the splits where it is."""
    found: dict[tuple[str, tuple[str, str]], list[str]] = defaultdict(list)
    for (kind, name), where in sorted(places.items()):
        for first, second in combinations(sorted(where), 2):
            found[kind, (first, second)].append(name)
    for (kind, between), items in sorted(found.items()):
        yield Leak(kind=kind, between=between, items=tuple(items))


def known_as(annotation: Annotation, kind: str) -> str | Missing:
    """A clip's speaker or source; those of two corpora are never the same."""
    source = annotation.source
    name = source.speaker if kind == "speaker" else source.origin
    if isinstance(name, Missing) or source.corpus is None:
        return name
    return f"{source.corpus}/{name}"


def _same_bytes(ordered: Sequence[Annotation]) -> Iterator[Pair]:
    """Each with the first of the same bytes, which makes the group."""
    first: dict[str, str] = {}
    for one in ordered:
        if isinstance(one.source.sha256, Missing):
            continue
        before = first.setdefault(one.source.sha256, one.id)
        if before != one.id:
            yield Pair(first=before, second=one.id, kind="bytes", pictures=0.0, sound=0.0)


def _near(ordered: Sequence[Annotation], settings: Twins) -> Iterator[Pair]:
    bits = bits_of(ordered)
    for pairs_P2 in _batches(
        len(ordered), (seen_alike(bits, settings.pictures), heard_alike(bits))
    ):
        near_P, looks_P, sounds_P = near(bits, pairs_P2, settings)
        for place in np.flatnonzero(near_P):
            one, other = pairs_P2[place]
            yield Pair(
                first=ordered[one].id,
                second=ordered[other].id,
                kind="near",
                pictures=_told(looks_P[place]),
                sound=_told(sounds_P[place]),
            )


def _batches(many: int, sources: Iterable[Iterator[Rows]]) -> Iterator[Rows]:
    """Pairs in pieces that fit into memory, each pair once in a piece."""
    waiting: list[Rows] = []
    held = 0
    for source in sources:
        for pairs_P2 in source:
            for start in range(0, len(pairs_P2), _MANY):
                waiting.append(pairs_P2[start : start + _MANY])
                held += len(waiting[-1])
                if held >= _MANY:
                    yield _unique(np.concatenate(waiting), many)
                    waiting, held = [], 0
    if waiting:
        yield _unique(np.concatenate(waiting), many)


def _unique(pairs_P2: Rows, many: int) -> Rows:
    numbers = np.unique(pairs_P2[:, 0] * many + pairs_P2[:, 1])
    return np.stack([numbers // many, numbers % many], axis=1)


def _told(value: float) -> float | Missing:
    return _NOTHING if np.isnan(value) else float(value)


def _score(annotation: Annotation) -> float:
    return -1.0 if isinstance(annotation.score, Missing) else annotation.score
