"""Comparing two systems on the same samples; `Comparison` says what follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Metric
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.scoring import in_order
from affectlens.evaluation.statistics import paired
from affectlens.evaluation.statistics.bootstrap import NOTHING, ONE, Draws, grouped
from affectlens.evaluation.statistics.difference import Comparison, Difference, RightWrong
from affectlens.evaluation.statistics.slices import clusters
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

_TRUTHS = ("label", "labels", "valence", "arousal", "description")


@dataclass(frozen=True, slots=True)
class System:
    """What is compared."""

    name: str
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How to compare."""

    draws: Draws = field(default_factory=Draws)
    swaps: int = 10_000
    cluster: str | None = None  # a column whose values are drawn and swapped as a whole

    def __post_init__(self) -> None:
        if self.swaps < 1:
            raise ConfigError(f"A test wants 1 swap or more, got {self.swaps}.")


def compare(
    metrics: Sequence[Metric],
    a: System,
    b: System,
    *,
    plan: Plan | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Every score of both, their differences with intervals, and whether chance explains them.

    Raises:
        InputError: the samples are not the same, or people's labels of them are not.
        ConfigError: no sample has the column of the clusters.
    """
    plan = plan or Plan()
    first, second = in_order(a.outcomes), in_order(b.outcomes)
    refuse_other_samples(first, second, a.name, b.name)
    differences: list[Difference] = []
    right_wrong: list[RightWrong] = []
    notes: list[str] = []
    groups_N = None
    if plan.cluster is not None:
        groups_N, told = clusters([outcome.truth for outcome in first], plan.cluster)
        notes += told
    for number, metric in enumerate(metrics):
        progress("comparing", number / len(metrics))
        tallies = metric.tally(first), metric.tally(second)
        a_NK, b_NK = (
            one.counts_NK if groups_N is None else grouped(one.counts_NK, groups_N)
            for one in tallies
        )
        pair = paired.Pair(a_NK, b_NK, tallies[0].finish, tallies[1].finish)
        differences += _differences(metric, pair, plan)
        only = paired.right_or_wrong(*(tally.per_sample for tally in tallies))
        if only is not None:
            p = paired.mcnemar(*only)
            right_wrong.append(RightWrong(metric=metric.name, only_a=only[0], only_b=only[1], p=p))
        notes += [f"{system.name}: {note}"
                  for system, tally in zip((a, b), tallies, strict=True)
                  for note in tally.notes]  # fmt: skip
    progress("comparing", 1.0)
    if groups_N is not None and right_wrong:
        notes.append("McNemar's test knows of no clusters: its p may be too small.")
    found = Comparison(
        a=a.name,
        b=b.name,
        samples=len(first),
        cluster=plan.cluster,
        resamples=plan.draws.resamples,
        swaps=plan.swaps,
        seed=plan.draws.seed,
        differences=tuple(differences),
        right_wrong=tuple(right_wrong),
        notes=tuple(dict.fromkeys(notes)),
    )
    return adjusted([found])[0]


def adjusted(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The same with p adjusted by Holm over all of them, such as several systems against one."""
    flat = [(i, one) for i, c in enumerate(comparisons) for one in c.differences]
    for headline in (True, False):
        places = [
            place
            for place, (_, one) in enumerate(flat)
            if one.headline is headline and not isinstance(one.p, Missing)
        ]
        known = paired.holm([float(flat[place][1].p) for place in places])  # type: ignore[arg-type]
        for place, p in zip(places, known, strict=True):
            flat[place] = (flat[place][0], replace(flat[place][1], adjusted=p))
    return tuple(
        replace(c, differences=tuple(one for j, one in flat if j == i))
        for i, c in enumerate(comparisons)
    )


def _differences(metric: Metric, pair: paired.Pair, plan: Plan) -> list[Difference]:
    values_a, values_b = pair.values()
    spreads = paired.intervals(pair, plan.draws)
    ps = paired.randomised(pair, swaps=plan.swaps, seed=plan.draws.seed)
    one_sample = len(pair.a_NK) < 2
    found = []
    for name in values_a:
        a, b = _known(values_a[name]), _known(values_b[name])
        absent = next((value for value in (a, b) if isinstance(value, Missing)), None)
        why = absent or (ONE if one_sample else None)
        found.append(
            Difference(
                metric=metric.name,
                mode=metric.mode,
                score=name,
                headline=name == metric.headline,
                a=a,
                b=b,
                difference=absent or values_b[name] - values_a[name],
                low=why or spreads[name].low,
                high=why or spreads[name].high,
                p=why or ps[name],
                adjusted=why or ps[name],
                share=name not in metric.numbers,
                lower_is_better=name in metric.lower_is_better,
            )
        )
    return found


def _known(value: float) -> float | Missing:
    return value if value == value and abs(value) != float("inf") else NOTHING


def refuse_other_samples(
    first: Sequence[Outcome], second: Sequence[Outcome], a: str, b: str
) -> None:
    """Tell which samples only one system has, or whose labels are not the same; both in order.

    Raises:
        InputError: there are such samples.
    """
    ids_a, ids_b = ({o.truth.id for o in one} for one in (first, second))
    for name, other, only in ((a, b, ids_a - ids_b), (b, a, ids_b - ids_a)):
        if only:
            shown = ", ".join(repr(one) for one in sorted(only)[:3])
            raise InputError(
                f"{len(only)} samples of {name} are not in {other}, such as {shown}: a comparison "
                "wants both on the same samples. Run both on the same data."
            )
    for one, two in zip(first, second, strict=True):
        if (odd := _other_truth(one.truth, two.truth)) is not None:
            raise InputError(
                f"Sample {one.truth.id!r} has {odd} {getattr(one.truth, odd)!r} in {a} "
                f"({one.truth.place or 'no place'}), but {getattr(two.truth, odd)!r} in {b} "
                f"({two.truth.place or 'no place'}): score both against the same labels."
            )


def _other_truth(one: Sample, two: Sample) -> str | None:
    return next((name for name in _TRUTHS if getattr(one, name) != getattr(two, name)), None)
