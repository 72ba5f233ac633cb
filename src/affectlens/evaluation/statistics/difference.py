"""`Comparison`: how two systems differ on the same samples, and what follows from it."""

from dataclasses import dataclass

from affectlens.evaluation.metric import Mode
from affectlens.evaluation.wording import distance, number, spoken
from affectlens.foundation.missing import Missing

COMPARISON = "affectlens.comparison/1"
LEVEL = 0.05  # of significance


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One score of both; differences are B less A."""

    metric: str
    mode: Mode
    score: str
    headline: bool
    a: float | Missing
    b: float | Missing
    difference: float | Missing
    low: float | Missing  # of the 95 % interval of the difference
    high: float | Missing
    p: float | Missing  # of so large a difference if which system said what did not matter
    adjusted: float | Missing  # by Holm: headlines over headlines, other scores over all others
    share: bool = True
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RightWrong:
    """McNemar's exact test where each sample is right or wrong."""

    metric: str
    only_a: int  # samples that only A has right
    only_b: int
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems on the same samples."""

    a: str
    b: str
    samples: int
    cluster: str | None
    resamples: int
    swaps: int
    seed: int
    differences: tuple[Difference, ...]
    right_wrong: tuple[RightWrong, ...] = ()
    notes: tuple[str, ...] = ()


def sentence(one: Difference, a: str, b: str) -> str:
    """What follows from a difference, for people."""
    name = spoken(one.score)
    if isinstance(one.difference, Missing):
        return f"{name} cannot be compared: {one.difference.reason}."
    interval = _interval(one, flipped=False)
    if isinstance(one.p, Missing) or isinstance(one.adjusted, Missing):
        size = _size(one.difference, share=one.share)
        return f"{name}: {b} less {a} is {size}{interval}; that is not tested."
    if one.difference == 0 and one.p == 1:
        return f"{a} and {b} are equal on {name}."
    p = _p(one.p) if one.p == one.adjusted else f"{_p(one.p)}, adjusted {_p(one.adjusted)}"
    if not clear(one):
        size = _size(one.difference, share=one.share)
        return f"No difference is shown on {name}: {b} less {a} is {size}{interval}, p {p}."
    b_wins = (one.difference < 0) == one.lower_is_better
    best = b if b_wins else a
    size = _size(abs(one.difference), share=one.share)
    interval = _interval(one, flipped=one.difference < 0)
    return f"{best} is better on {name} by {size}{interval}, p {p}."


def clear(one: Difference) -> bool:
    """Whether chance is ruled out: by the adjusted test, and by the interval."""
    if isinstance(one.low, Missing) or isinstance(one.high, Missing):
        return False
    if isinstance(one.adjusted, Missing):
        return False
    return one.adjusted <= LEVEL and (one.low > 0 or one.high < 0)


def _interval(one: Difference, *, flipped: bool) -> str:
    if isinstance(one.low, Missing) or isinstance(one.high, Missing):
        return ""
    low, high = (-one.high, -one.low) if flipped else (one.low, one.high)
    low_text, high_text = (number(edge, share=one.share) for edge in (low, high))
    return f" [{low_text}, {high_text}]".replace("-", "−")


def _size(value: float, *, share: bool) -> str:
    return distance(value, share=share).replace("-", "−")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"
