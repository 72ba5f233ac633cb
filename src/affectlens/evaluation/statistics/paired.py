"""Paired tests of two systems on the same samples: bootstrap, randomisation, McNemar, Holm.

Both are drawn, or swapped, sample by sample, so what makes a sample hard for both cancels.
Randomisation: Noreen, Computer-intensive methods for testing hypotheses, 1989. Holm, A simple
sequentially rejective multiple test procedure, 1979.
"""

# N samples or clusters, U kinds, K counts of a system, B draws at a time

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.evaluation.metric import Floats
from affectlens.evaluation.statistics.bootstrap import (
    Draws,
    Finish,
    Integers,
    Spread,
    blocks,
    finished,
    kinds,
    spread,
    sums,
)

_SAME = 1e-9  # differences that are closer are the same


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Counts of two systems, row by row of the same samples."""

    a_NK: Floats
    b_NK: Floats
    finish_a: Finish
    finish_b: Finish

    def __post_init__(self) -> None:
        assert self.a_NK.shape == self.b_NK.shape, (self.a_NK.shape, self.b_NK.shape)

    @property
    def both(self) -> Floats:
        """Side by side (N, 2K)."""
        return np.concatenate([self.a_NK, self.b_NK], axis=1)

    def values(self) -> tuple[dict[str, float], dict[str, float]]:
        """The scores of each."""
        a = finished(self.finish_a, self.a_NK.sum(0))
        b = finished(self.finish_b, self.b_NK.sum(0))
        return {n: float(v) for n, v in a.items()}, {n: float(v) for n, v in b.items()}

    def differences(self, both: Floats) -> dict[str, Floats]:
        """B less A of sums (..., 2K)."""
        k = self.a_NK.shape[1]
        a, b = finished(self.finish_a, both[..., :k]), finished(self.finish_b, both[..., k:])
        return {name: b[name] - a[name] for name in a}


def intervals(pair: Pair, draws: Draws) -> dict[str, Spread]:
    """The spread of each difference when both systems get the same drawn samples."""
    parts = [pair.differences(block) for block in sums(pair.both, draws)]
    return {name: spread(np.concatenate([part[name] for part in parts])) for name in parts[0]}


def randomised(pair: Pair, *, swaps: int, seed: int) -> dict[str, float]:
    """How often as large a difference comes of swapping the two systems at random, per sample.

    The true assignment counts as one more, so that p is never 0.
    """
    rows_U, sizes_U = kinds(pair.both)
    k = pair.a_NK.shape[1]
    moves_UK = rows_U[:, k:] - rows_U[:, :k]
    moved_U = (moves_UK != 0).any(1)
    moves_UK, sizes_U = moves_UK[moved_U], sizes_U[moved_U]
    totals = pair.both.sum(0)
    observed = pair.differences(totals)
    if not moved_U.any():
        return dict.fromkeys(observed, 1.0)
    reached = dict.fromkeys(observed, 1)
    rng = np.random.default_rng(seed)
    for size in blocks(swaps, max(*moves_UK.shape, k)):
        moved_BK = _swapped(rng, sizes_U, size) @ moves_UK
        found = pair.differences(totals + np.concatenate([moved_BK, -moved_BK], axis=1))
        for name, values_B in found.items():
            # A difference that is not defined (NaN) counts against us.
            reached[name] += int((~(np.abs(values_B) < abs(observed[name]) - _SAME)).sum())
    return {name: count / (1 + swaps) for name, count in reached.items()}


def mcnemar(only_a: int, only_b: int) -> float:
    """The exact two-sided p of McNemar's test (1947): a fair coin for each sample that differs."""
    n = only_a + only_b
    few = min(only_a, only_b)
    logs = [_log_choose(n, i) - n * math.log(2) for i in range(few + 1)]
    return min(1.0, 2 * math.fsum(math.exp(log) for log in logs))


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p: how likely the smallest and all before it are under no difference anywhere."""
    adjusted = [1.0] * len(ps)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def right_or_wrong(a: Mapping[str, Floats], b: Mapping[str, Floats]) -> tuple[int, int] | None:
    """How many samples only A, and only B, has right; None where "right" is not 0 or 1."""
    if "right" not in a or "right" not in b:
        return None
    a_N, b_N = np.asarray(a["right"], float), np.asarray(b["right"], float)
    known_N = np.isfinite(a_N) & np.isfinite(b_N)
    a_N, b_N = a_N[known_N], b_N[known_N]
    if not (np.isin(a_N, (0, 1)).all() and np.isin(b_N, (0, 1)).all()):
        return None
    return int(((a_N == 1) & (b_N == 0)).sum()), int(((a_N == 0) & (b_N == 1)).sum())


def _swapped(rng: np.random.Generator, sizes_U: Integers, draws: int) -> Floats:
    """How many samples of each kind are swapped, draw by draw."""
    alone_U = sizes_U == 1
    swapped_BU = np.empty((draws, len(sizes_U)))
    swapped_BU[:, alone_U] = rng.integers(0, 2, (draws, int(alone_U.sum())), dtype=np.uint8)
    more_U = sizes_U[~alone_U]
    swapped_BU[:, ~alone_U] = rng.binomial(more_U, 0.5, (draws, len(more_U)))
    return swapped_BU


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
