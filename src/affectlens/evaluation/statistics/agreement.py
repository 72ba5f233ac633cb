"""`Agreement`: how far two judges, or two people, say the same of the same samples."""

# N pairs of scores

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.evaluation.metric import Floats
from affectlens.foundation.missing import Missing

Number = float | Missing
_NO_PAIRS = Missing("no sample has a score of both")
_CONSTANT = Missing("one of both always gives the same score")
_ALL_ONE = Missing("both always give one and the same score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of two lists of scores."""

    n: int  # samples that both scored
    left_out: int  # samples that one of them did not
    pearson: Number
    spearman: Number
    alpha: Number  # Krippendorff's, interval scale
    kappa: Number  # Cohen's with quadratic weights
    mean_difference: Number  # of absolute values
    identical: Number  # share of pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAgreement:
    """Of two lists of label sets."""

    n: int
    left_out: int
    jaccard: Number  # mean over samples; two empty sets are alike
    identical: Number


def of_scores(
    one: Sequence[float | Missing | None], other: Sequence[float | Missing | None]
) -> Agreement:
    """Agreement of two lists of scores of the same samples; pairs with a Missing are left out."""
    assert len(one) == len(other)
    pairs_N2 = np.array(
        [(a, b) for a, b in zip(one, other, strict=True) if _is_number(a) and _is_number(b)], float
    ).reshape(-1, 2)
    return _of_pairs(pairs_N2[:, 0], pairs_N2[:, 1], left_out=len(one) - len(pairs_N2))


def of_sets(
    one: Sequence[Sequence[str] | Missing], other: Sequence[Sequence[str] | Missing]
) -> SetAgreement:
    """Agreement of two lists of label sets of the same samples, whatever their case and order."""
    assert len(one) == len(other)
    pairs = [
        (_plain(a), _plain(b))
        for a, b in zip(one, other, strict=True)
        if not isinstance(a, Missing) and not isinstance(b, Missing)
    ]
    shares = [len(a & b) / len(a | b) if a | b else 1.0 for a, b in pairs]
    return SetAgreement(
        n=len(pairs),
        left_out=len(one) - len(pairs),
        jaccard=float(np.mean(shares)) if pairs else _NO_PAIRS,
        identical=float(np.mean([a == b for a, b in pairs])) if pairs else _NO_PAIRS,
    )


def _of_pairs(one_N: Floats, other_N: Floats, *, left_out: int) -> Agreement:
    n = len(one_N)
    if n == 0:
        nothing = dict.fromkeys(
            ("pearson", "spearman", "alpha", "kappa", "mean_difference", "identical"), _NO_PAIRS
        )
        return Agreement(n=0, left_out=left_out, **nothing)
    return Agreement(
        n=n,
        left_out=left_out,
        pearson=_pearson(one_N, other_N),
        spearman=_pearson(_ranks(one_N), _ranks(other_N)),
        alpha=_alpha(one_N, other_N),
        kappa=_kappa(one_N, other_N),
        mean_difference=float(np.abs(one_N - other_N).mean()),
        identical=float((one_N == other_N).mean()),
    )


def _pearson(one_N: Floats, other_N: Floats) -> Number:
    a_N, b_N = one_N - one_N.mean(), other_N - other_N.mean()
    if np.ptp(one_N) == 0 or np.ptp(other_N) == 0:
        return _CONSTANT
    below = float(np.sqrt((a_N @ a_N) * (b_N @ b_N)))
    return min(1.0, max(-1.0, float(a_N @ b_N) / below))


def _ranks(values_N: Floats) -> Floats:
    """Ranks; equal values share the mean of theirs."""
    _, place_N, counts = np.unique(values_N, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[place_N]
    return ranks


def _alpha(one_N: Floats, other_N: Floats) -> Number:
    """Observed squared differences by those of all pairs of the pooled values (Krippendorff 2011).

    The mean over ordered pairs of distinct values among 2N is twice their sample variance.
    """
    pooled = np.concatenate([one_N, other_N])
    return _beyond_chance(one_N, other_N, expected=2 * float(pooled.var(ddof=1)))


def _kappa(one_N: Floats, other_N: Floats) -> Number:
    """As `_alpha`, but by all pairs of one's values with the other's (Cohen 1968)."""
    between = float(one_N.mean() - other_N.mean()) ** 2
    return _beyond_chance(one_N, other_N, expected=float(one_N.var() + other_N.var()) + between)


def _beyond_chance(one_N: Floats, other_N: Floats, *, expected: float) -> Number:
    if np.ptp(np.concatenate([one_N, other_N])) == 0:
        return _ALL_ONE
    return 1 - float(((one_N - other_N) ** 2).mean()) / expected


def _is_number(value: float | Missing | None) -> bool:
    return value is not None and not isinstance(value, Missing) and bool(np.isfinite(value))


def _plain(labels: Sequence[str]) -> frozenset[str]:
    return frozenset(label.strip().lower() for label in labels)
