"""`Findings`: what a corpus holds, and what makes its scores worth less: gaps, twins and leaks."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

SCHEMA = "affectlens.corpus_findings/1"
_NO_SPLIT, _NO_LABEL, _OPEN = "no split", "no label", "open-vocabulary labels"
_SHOWN = 5  # examples in text


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Samples whose files have the same bytes."""

    sha256: str
    ids: tuple[str, ...]
    splits: tuple[str, ...]  # of each of them, and so are the labels
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What two splits, or two corpora, have in common."""

    kind: str  # id, bytes or speaker
    between: tuple[str, str]
    items: tuple[str, ...]  # ids, pairs of ids, or speakers


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found in a corpus."""

    corpus: str
    samples: int
    labels: Mapping[str, Mapping[str, int]]  # how many by split and label
    speakers: Mapping[str, int]  # how many different ones by split, where they are told
    media_missing: int
    twins: tuple[Twins, ...]
    repeated_ids: tuple[str, ...]
    leaks: tuple[Leak, ...]  # ids and bytes that two splits have
    warnings: tuple[Leak, ...]  # speakers that two splits have: some sets are published so
    overlaps: tuple[Leak, ...]  # ids that another corpus has too
    absent: tuple[str, ...]  # what the corpus itself says

    @property
    def clean(self) -> bool:
        """Whether nothing that is tested on is known to be in what is trained on."""
        return not (self.leaks or self.overlaps or self.repeated_ids)


def check(
    corpus: Corpus, *, against: Sequence[Corpus] = (), progress: Progress = silent
) -> Findings:
    """Look through a corpus; of its files only those of one size with another are read.

    `against` are other corpora, such as those that were trained on; ids that they have are told.
    """
    splits = _by_split(corpus.samples)
    twins = _twins(corpus.samples, progress)
    counted = Counter(sample.id for sample in corpus.samples)
    ids = {split: {sample.id for sample in some} for split, some in splits.items()}
    speakers = {
        split: {str(s.speaker) for s in some if not isinstance(s.speaker, Missing)}
        for split, some in splits.items()
    }
    return Findings(
        corpus=corpus.name,
        samples=len(corpus.samples),
        labels={split: _labels(some, corpus) for split, some in splits.items()},
        speakers={split: len(names) for split, names in speakers.items() if names},
        media_missing=sum(isinstance(sample.media, Missing) for sample in corpus.samples),
        twins=twins,
        repeated_ids=tuple(id_ for id_, times in counted.items() if times > 1),
        leaks=(*_shared("id", ids), *_same_bytes(twins, list(splits))),
        warnings=tuple(_shared("speaker", speakers)),
        overlaps=tuple(
            Leak(kind="id", between=(corpus.name, other.name), items=tuple(sorted(both)))
            for other in against
            if (both := counted.keys() & {sample.id for sample in other.samples})
        ),
        absent=corpus.absent,
    )


def to_json(findings: Findings) -> dict[str, Any]:
    """Findings as plain values."""
    return {"schema": SCHEMA, **dataclasses.asdict(findings), "clean": findings.clean}


def text(findings: Findings) -> str:
    """Findings for people, in lines."""
    return "\n".join([*_counts(findings), *_troubles(findings)])


def _by_split(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(_split(sample), []).append(sample)
    return found


def _split(sample: Sample) -> str:
    return _NO_SPLIT if isinstance(sample.split, Missing) else sample.split


def _label(sample: Sample) -> str:
    if not isinstance(sample.label, Missing):
        return sample.label
    return _NO_LABEL if isinstance(sample.labels, Missing) else _OPEN


def _labels(samples: Sequence[Sample], corpus: Corpus) -> dict[str, int]:
    """How many samples have each label; the labels of the space first and all of them."""
    found = dict.fromkeys(() if corpus.space is None else corpus.space.labels, 0)
    for sample in samples:
        found[_label(sample)] = found.get(_label(sample), 0) + 1
    return found


def _twins(samples: Sequence[Sample], progress: Progress) -> tuple[Twins, ...]:
    by_size: dict[int, list[tuple[Path, Sample]]] = defaultdict(list)
    for sample in samples:
        if isinstance(sample.media, Path):
            by_size[sample.media.stat().st_size].append((sample.media, sample))
    alike = [one for some in by_size.values() if len(some) > 1 for one in some]
    by_bytes: dict[str, list[Sample]] = defaultdict(list)
    for number, (path, sample) in enumerate(alike, 1):
        by_bytes[sha256_of(path)].append(sample)
        progress("looking for the same bytes", number / len(alike))
    return tuple(
        Twins(
            sha256=sha256,
            ids=tuple(sample.id for sample in some),
            splits=tuple(map(_split, some)),
            labels=tuple(map(_label, some)),
        )
        for sha256, some in by_bytes.items()
        if len(some) > 1
    )


def _shared(kind: str, by_split: Mapping[str, Collection[str]]) -> Iterator[Leak]:
    for (first, some), (second, others) in combinations(by_split.items(), 2):
        if both := set(some) & set(others):
            yield Leak(kind=kind, between=(first, second), items=tuple(sorted(both)))


def _same_bytes(twins: Sequence[Twins], splits: Sequence[str]) -> Iterator[Leak]:
    """Files that lie in two splits."""
    for first, second in combinations(splits, 2):
        pairs = tuple(
            f"{one} = {other}"
            for some in twins
            for one, its in zip(some.ids, some.splits, strict=True)
            for other, other_s in zip(some.ids, some.splits, strict=True)
            if (its, other_s) == (first, second)
        )
        if pairs:
            yield Leak(kind="bytes", between=(first, second), items=pairs)


def _counts(findings: Findings) -> Iterator[str]:
    yield f"{findings.corpus}: {findings.samples:,} samples"
    for split, labels in findings.labels.items():
        people = findings.speakers.get(split)
        told = f", {people:,} speakers" if people else ""
        counts = ", ".join(f"{label} {count:,}" for label, count in labels.items())
        yield f"  {split}: {sum(labels.values()):,}{told}: {counts}"


def _troubles(findings: Findings) -> Iterator[str]:
    yield from (f"  absent: {sentence}" for sentence in findings.absent)
    if findings.repeated_ids:
        yield f"  ERROR: ids that stand twice: {_some(findings.repeated_ids)}"
    for leak in findings.leaks:
        yield f"  LEAK: {leak.between[0]} and {leak.between[1]} have the same {_what(leak)}"
    for leak in findings.overlaps:
        yield f"  LEAK: {leak.between[1]} has the same {_what(leak)}"
    for leak in findings.warnings:
        yield f"  warning: {leak.between[0]} and {leak.between[1]} have the same {_what(leak)}"
    if findings.twins:
        same = _some([" = ".join(one.ids) for one in findings.twins])
        yield f"  warning: the same bytes under several ids: {same}"
    torn = [" = ".join(one.ids) for one in findings.twins if len(set(one.labels)) > 1]
    if torn:
        yield f"  warning: the same bytes with different labels: {_some(torn)}"


def _what(leak: Leak) -> str:
    return f"{leak.kind}: {_some(leak.items)}"


def _some(items: Sequence[str]) -> str:
    more = f" … ({len(items):,} in all)" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
