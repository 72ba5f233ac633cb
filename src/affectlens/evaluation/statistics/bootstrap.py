"""Intervals by the bootstrap: samples are drawn again, their counts summed, and scores follow.

Efron, Bootstrap methods: another look at the jackknife, 1979; intervals are percentiles. Samples
that count alike are one kind, and how often each kind is drawn is multinomial: the same
distribution as drawing samples one by one. Kinds are sorted, so the order of samples is nothing.
"""

# N samples, C clusters, U kinds, K counts, B resamples at a time, R resamples

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.evaluation.metric import Floats, Metric
from affectlens.evaluation.score import Score
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

Finish = Callable[[Floats], Mapping[str, Floats]]
Integers = NDArray[np.int64]

NOTHING = Missing("there is nothing to score")
ONE = Missing("one sample has no spread")
_EDGES = (0.025, 0.975)
_CELLS = 2_000_000  # of a block of draws: 16 MB
_MANY_UNDEFINED = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Draws:
    """How often samples are drawn again, and from which seed."""

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 2:
            raise ConfigError(f"An interval wants 2 resamples or more, got {self.resamples}.")

    def rng(self) -> np.random.Generator:
        """A generator that starts anew."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """What resamples say of a number."""

    low: float | Missing
    high: float | Missing
    error: float | Missing  # standard deviation
    undefined: float  # share of resamples that had no such number; the rest is of the others


def kinds(counts_NK: Floats) -> tuple[Floats, Integers]:
    """Rows that differ (U, K), sorted, and how many samples have each (U)."""
    rows_UK, sizes_U = np.unique(counts_NK, axis=0, return_counts=True)
    return rows_UK, sizes_U.astype(np.int64)


def grouped(counts_NK: Floats, groups_N: Integers) -> Floats:
    """Counts summed by group (C, K); groups are numbered from 0 without gaps."""
    order_N = np.argsort(groups_N, kind="stable")
    starts_C = np.flatnonzero(np.diff(groups_N[order_N], prepend=-1))
    summed: Floats = np.add.reduceat(counts_NK[order_N], starts_C, axis=0)
    return summed


def sums(counts_NK: Floats, draws: Draws) -> Iterator[Floats]:
    """Summed counts of resamples, block by block (B, K)."""
    rng = draws.rng()
    rows_UK, sizes_U = kinds(counts_NK)
    for size in blocks(draws.resamples, max(rows_UK.shape)):
        drawn_BU = rng.multinomial(len(counts_NK), sizes_U / len(counts_NK), size=size)
        yield drawn_BU.astype(np.float64) @ rows_UK


def blocks(draws: int, width: int) -> Iterator[int]:
    """Draws in blocks of which each fits into little memory."""
    most = max(1, _CELLS // width)
    for start in range(0, draws, most):
        yield min(most, draws - start)


def finished(finish: Finish, sums_K: Floats) -> dict[str, Floats]:
    """Scores of sums (..., K), each (...); NaN and no warning where nothing is to be scored."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {name: np.asarray(values, float) for name, values in finish(sums_K).items()}
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}


def distributions(counts_NK: Floats, finish: Finish, draws: Draws) -> dict[str, Floats]:
    """Scores of resamples by name, each (R)."""
    parts = [finished(finish, sums_BK) for sums_BK in sums(counts_NK, draws)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def spread(values_R: Floats) -> Spread:
    """The 95 % interval and the standard deviation of what resamples gave."""
    found = values_R[np.isfinite(values_R)]
    undefined = 1 - len(found) / len(values_R)
    if len(found) < 2:
        return Spread(low=NOTHING, high=NOTHING, error=NOTHING, undefined=undefined)
    low, high = np.quantile(found, _EDGES)
    error = float(found.std(ddof=1))
    return Spread(low=float(low), high=float(high), error=error, undefined=undefined)


def measure(
    metric: Metric, counts_NK: Floats, finish: Finish, draws: Draws
) -> tuple[tuple[Score, ...], tuple[str, ...]]:
    """Scores of samples (or clusters) with their intervals, and what should be known of them."""
    values = finished(finish, counts_NK.sum(0))
    found = distributions(counts_NK, finish, draws)
    scores = []
    unsure: dict[str, float] = {}
    for name, value in values.items():
        about = spread(found[name])
        scores.append(_score(metric, name, float(value), about, samples=len(counts_NK)))
        if np.isfinite(value) and about.undefined > _MANY_UNDEFINED:
            unsure[name] = about.undefined
    return tuple(scores), _undefined(unsure)


def _undefined(shares: Mapping[str, float]) -> tuple[str, ...]:
    """One sentence for all scores that some resamples do not have."""
    if not shares:
        return ()
    least, most = (f"{100 * pick(shares.values()):.0f}" for pick in (min, max))
    are, its = ("is", "its interval is") if len(shares) == 1 else ("are", "their intervals are")
    much = least if least == most else f"{least}–{most}"
    names = ", ".join(shares)
    return (f"{names} {are} not defined in {much} % of the resamples: {its} of the others.",)


def _score(metric: Metric, name: str, value: float, about: Spread, *, samples: int) -> Score:
    if not np.isfinite(value):
        about = Spread(low=NOTHING, high=NOTHING, error=NOTHING, undefined=1.0)
    elif samples < 2:
        about = Spread(low=ONE, high=ONE, error=ONE, undefined=0.0)
    return Score(
        name=name,
        value=value if np.isfinite(value) else NOTHING,
        low=about.low,
        high=about.high,
        error=about.error,
        share=name not in metric.numbers,
        lower_is_better=name in metric.lower_is_better,
    )
