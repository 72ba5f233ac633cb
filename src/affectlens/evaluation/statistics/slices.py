"""Slices: the scores of samples that share a value of a column, and whether they differ by chance.

The largest gap of the headline between slices is held against the gaps that arise when the values
are shuffled over the samples (a permutation test). Slices of few samples take no part in it.
"""

# N samples, C clusters or samples, S slices, K counts, B permutations at a time

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Floats, Metric, Tally
from affectlens.evaluation.score import Score, Slice
from affectlens.evaluation.statistics.bootstrap import (
    Draws,
    Finish,
    Integers,
    blocks,
    finished,
    grouped,
    measure,
)
from affectlens.evaluation.wording import distance
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

LEAST = 20  # samples of a slice that says something
EMPTY = "(none)"
_LABEL = "label"
_FIELDS = ("speaker", "split", _LABEL)  # of a sample, besides its columns
# What is counted of a sample hangs on its label, so samples cannot change labels by chance.
_BY_LABEL = "By label no gap is tested: the scores of each slice are of one true label alone."
_FEW = 4  # scores of a slice
_MOST_SLICES = 500
_PERMUTATIONS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """The largest difference of the headline between two slices of a column."""

    column: str
    score: str
    best: str
    worst: str
    difference: float
    p: float  # how often shuffled values give as large a gap
    permutations: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The slices of a column."""

    slices: tuple[Slice, ...]
    gap: Gap | None  # None: there is none to be tested; a note says why
    notes: tuple[str, ...] = ()


def cut(
    metric: Metric,
    tally: Tally,
    samples: Sequence[Sample],
    column: str,
    *,
    draws: Draws,
    clusters_N: Integers | None = None,
) -> Cut:
    """Slices by a column; with clusters, these are drawn and shuffled as a whole.

    Raises:
        ConfigError: no sample has such a column, or it has too many values to be one of slices.
    """
    values = values_of(samples, column)
    names = sorted(set(values), key=lambda value: (value == EMPTY, value))
    if len(names) > _MOST_SLICES:
        raise ConfigError(
            f"Column {column!r} has {len(names)} values, such as {names[0][:40]!r}: slices want "
            f"a column of {_MOST_SLICES} values at most."
        )
    index = {name: i for i, name in enumerate(names)}
    slice_N = np.array([index[value] for value in values], np.int64)
    found = []
    for i, name in enumerate(names):
        in_N = slice_N == i
        counts_CK = tally.counts_NK[in_N]
        if clusters_N is not None:
            counts_CK = grouped(counts_CK, numbered(clusters_N[in_N]))
        scores, _ = measure(metric, counts_CK, tally.finish, draws)
        counted = int(tally.counted_N[in_N].sum())
        found.append(
            Slice(
                column=column,
                value=name,
                samples=int(in_N.sum()),
                scores=_chosen(scores, metric.headline),
                warning=f"only {counted} samples, {LEAST} are wanted" if counted < LEAST else "",
            )
        )
    if column == _LABEL:
        return Cut(slices=tuple(found), gap=None, notes=(_BY_LABEL,))
    gap, notes = _gap(metric, tally, slice_N, found, (draws, clusters_N))
    return Cut(slices=tuple(found), gap=gap, notes=notes)


def values_of(samples: Sequence[Sample], column: str) -> list[str]:
    """Each sample's value of a column, or its speaker, split or label; `EMPTY` where it has none.

    Raises:
        ConfigError: no sample has such a column.
    """
    if not any(_has(sample, column) for sample in samples):
        known = dict.fromkeys(name for sample in samples for name in sample.columns)
        fields = [name for name in _FIELDS if any(_has(sample, name) for sample in samples)]
        names = list(dict.fromkeys([*fields, *known]))
        near = difflib.get_close_matches(column, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        has = ", ".join(names) or "no columns at all"
        raise ConfigError(f"No sample has a column {column!r}.{hint} They have: {has}.")
    return [_value(sample, column) or EMPTY for sample in samples]


def clusters(samples: Sequence[Sample], column: str) -> tuple[Integers, tuple[str, ...]]:
    """The number of each sample's cluster, and what should be known of them.

    Raises:
        ConfigError: no sample has such a column.
    """
    values = values_of(samples, column)
    alone = values.count(EMPTY)
    names = [
        ("alone", sample.id) if value == EMPTY else ("cluster", value)
        for sample, value in zip(samples, values, strict=True)
    ]
    index = {name: i for i, name in enumerate(dict.fromkeys(names))}
    notes = []
    if alone:
        notes.append(f"{alone} samples have no {column}: each is a cluster of its own.")
    if len(index) < LEAST:
        notes.append(
            f"There are only {len(index)} clusters by {column}: intervals come out too narrow."
        )
    return np.array([index[name] for name in names], np.int64), tuple(notes)


def numbered(groups_N: Integers) -> Integers:
    """The same groups, numbered from 0 without gaps."""
    return np.unique(groups_N, return_inverse=True)[1].reshape(-1).astype(np.int64)


def sentence(gap: Gap, *, share: bool) -> str:
    """A gap for people."""
    if gap.difference == 0:
        return f"By {gap.column}, {gap.score} is the same in all slices that are large enough."
    verdict = "chance alone seldom makes" if gap.p <= 0.05 else "chance alone may well make"
    return (
        f"By {gap.column}, {gap.score} differs most between {gap.best} (best) and {gap.worst} "
        f"(worst): {distance(gap.difference, share=share)}; {verdict} such a gap (p {gap.p:.2g})."
    )


def _has(sample: Sample, column: str) -> bool:
    return bool(_value(sample, column)) or column in sample.columns


def _value(sample: Sample, column: str) -> str:
    if column in _FIELDS:
        value = getattr(sample, column)
        if not isinstance(value, Missing):
            return str(value).strip()
    return sample.columns.get(column, "").strip()


def _chosen(scores: Sequence[Score], headline: str) -> tuple[Score, ...]:
    return tuple(sorted(scores, key=lambda score: score.name != headline)[:_FEW])


def _gap(
    metric: Metric,
    tally: Tally,
    slice_N: Integers,
    slices: Sequence[Slice],
    drawn: tuple[Draws, Integers | None],
) -> tuple[Gap | None, tuple[str, ...]]:
    """The gap between the slices that are large enough."""
    draws, clusters_N = drawn
    values = {
        i: one.scores[0].value
        for i, one in enumerate(slices)
        if not one.warning and not isinstance(one.scores[0].value, Missing)
    }
    if len(values) < 2:
        column = slices[0].column
        return None, (f"By {column} there are no two slices that are large enough to compare.",)
    kept_N = np.isin(slice_N, list(values))
    counts, slice_C = tally.counts_NK[kept_N], slice_N[kept_N]
    notes: tuple[str, ...] = ()
    if clusters_N is not None:
        counts, slice_C, notes = _whole_clusters(counts, slice_C, clusters_N[kept_N], slices)
    low, high = (pick(values, key=lambda i: values[i]) for pick in (min, max))
    difference = float(values[high]) - float(values[low])
    if metric.headline in metric.lower_is_better:
        low, high = high, low
    shuffled_B = _shuffled(counts, numbered(slice_C), tally.finish, metric.headline, draws)
    # A shuffle without a gap to speak of (NaN) counts against us.
    reached = int((~(shuffled_B < difference - 1e-9)).sum())
    gap = Gap(
        column=slices[0].column,
        score=metric.headline,
        best=slices[high].value,
        worst=slices[low].value,
        difference=difference,
        p=(1 + reached) / (1 + _PERMUTATIONS),
        permutations=_PERMUTATIONS,
    )
    return gap, notes


def _whole_clusters(
    counts_NK: Floats, slice_N: Integers, clusters_N: Integers, slices: Sequence[Slice]
) -> tuple[Floats, Integers, tuple[str, ...]]:
    """Clusters in place of samples, if each lies in one slice."""
    cluster_N = numbered(clusters_N)
    pairs = np.unique(np.stack([cluster_N, slice_N], 1), axis=0)
    if len(pairs) != cluster_N.max() + 1:
        return counts_NK, slice_N, (
            f"Clusters lie across the slices by {slices[0].column}: samples are shuffled one by "
            "one, and the p of the gap may be too small.",
        )  # fmt: skip
    return grouped(counts_NK, cluster_N), pairs[:, 1], ()


def _shuffled(
    counts_CK: Floats, slice_C: Integers, finish: Finish, headline: str, draws: Draws
) -> Floats:
    """The gaps of permutations."""
    rng = draws.rng()
    starts_S = np.flatnonzero(np.diff(np.sort(slice_C), prepend=-1))
    gaps = []
    for size in blocks(_PERMUTATIONS, len(starts_S) * counts_CK.shape[1]):
        sums_BSK = np.stack(
            [np.add.reduceat(counts_CK[rng.permutation(len(counts_CK))], starts_S, axis=0)
             for _ in range(size)]
        )  # fmt: skip
        values_BS = finished(finish, sums_BSK)[headline]
        gaps.append(values_BS.max(1) - values_BS.min(1))
    return np.concatenate(gaps)
