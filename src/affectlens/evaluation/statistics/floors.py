"""Floors: what a metric gives to answers that never looked at a sample.

The metrics of the field are gameable: a constant answer of six words gets a hit rate of 100
(affectgpt-emer.md §2.5). So the answers that a metric itself says are constant are scored by its
own path, and so are the truths of other samples ("prior-random").
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from affectlens.evaluation.metric import Metric
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.score import Floor, Score
from affectlens.evaluation.statistics.bootstrap import NOTHING
from affectlens.evaluation.wording import number
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

MAJORITY = "majority"
RANDOM = "prior-random"
BEST = "best constant: "
_FEWEST, _MOST, _SAMPLES = 3, 50, 30_000  # permutations; samples of all of them together


def floors_of(
    metric: Metric, outcomes: Sequence[Outcome], *, seed: int = 0, progress: Progress = silent
) -> tuple[Floor, ...]:
    """The majority, the best constant, every other constant, and truths of other samples."""
    constants = _distinct(metric.constants([outcome.truth for outcome in outcomes]))
    floors = []
    for done, (name, constant) in enumerate(constants.items(), 1):
        floors.append(_floor(name, _tallied(metric, outcomes, [constant] * len(outcomes))))
        progress("floors", done / (len(constants) + 1))
    floors = _best_first(floors, metric)
    truths = [metric.perfect(outcome.truth) for outcome in outcomes]
    if any(truth != Prediction(id=truth.id) for truth in truths):
        floors.append(_floor(RANDOM, _prior_random(metric, outcomes, truths, seed)))
    progress("floors", 1.0)
    return tuple(floors)


def telling(score: str) -> bool:
    """Whether a floor says anything of a score.

    Always saying one label recalls all of that, and how sure an answer is says nothing by itself.
    """
    return not score.startswith("recall.") and score != "confidence"


def best(floors: Sequence[Floor], score: Score) -> tuple[str, float] | None:
    """The name and value of the floor that is hardest to beat, or None."""
    known = [
        (floor.name, value)
        for floor in floors
        if telling(score.name)
        and not isinstance(value := floor.scores.get(score.name, NOTHING), Missing)
    ]
    if not known:
        return None
    pick = min if score.lower_is_better else max
    return pick(known, key=lambda pair: pair[1])


def warning(floors: Sequence[Floor], score: Score) -> str | None:
    """A sentence if a score does not clearly exceed its best floor, or None."""
    floor = best(floors, score)
    if floor is None or isinstance(score.value, Missing):
        return None
    name, value = floor
    sign = -1.0 if score.lower_is_better else 1.0
    worst = score.high if score.lower_is_better else score.low
    if sign * score.value <= sign * value:
        verdict = "is not better than"
    elif isinstance(worst, Missing) or sign * worst <= sign * value:
        verdict = "is not clearly better than"
    else:
        return None
    reached = number(value, share=score.share) + (" %" if score.share else "")
    return f"{score.name} {verdict} what is reached without looking: {name}, {reached}."


def permutations(samples: int) -> int:
    """How many shuffles prior-random is the mean of: fewer where there are many samples."""
    return min(_MOST, max(_FEWEST, _SAMPLES // max(samples, 1)))


def _distinct(constants: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """Constants without those that say what another says already; the majority is first."""
    ordered = sorted(constants, key=lambda name: name != MAJORITY)
    found: dict[str, Prediction] = {}
    for name in ordered:
        constant = replace(constants[name], id="")
        if constant not in found.values():
            found[name] = constant
    return found


def _best_first(floors: list[Floor], metric: Metric) -> list[Floor]:
    """The best on the headline says so, and stands after the majority."""
    sign = -1.0 if metric.headline in metric.lower_is_better else 1.0
    known = [
        (sign * value, -place)
        for place, floor in enumerate(floors)
        if not isinstance(value := floor.scores.get(metric.headline, NOTHING), Missing)
    ]
    if not known:
        return floors
    place = -max(known)[1]
    if floors[place].name == MAJORITY:
        return floors
    named = replace(floors[place], name=BEST + floors[place].name)
    rest = floors[:place] + floors[place + 1 :]
    after = 1 if rest and rest[0].name == MAJORITY else 0
    return [*rest[:after], named, *rest[after:]]


def _prior_random(
    metric: Metric, outcomes: Sequence[Outcome], truths: Sequence[Prediction], seed: int
) -> dict[str, float]:
    """Means over shuffles of the truths, NaN where one has no score; a judge is asked about one."""
    rng = np.random.default_rng(seed)
    times = 1 if metric.asks_judge else permutations(len(truths))
    shuffled = [
        _tallied(metric, outcomes, [truths[i] for i in rng.permutation(len(truths))])
        for _ in range(times)
    ]
    return {name: float(np.mean([one[name] for one in shuffled])) for name in shuffled[0]}


def _tallied(
    metric: Metric, outcomes: Sequence[Outcome], predictions: Sequence[Prediction]
) -> Mapping[str, float]:
    pairs = zip(outcomes, predictions, strict=True)
    return metric.tally(
        [Outcome(outcome.truth, replace(said, id=outcome.truth.id)) for outcome, said in pairs]
    ).scores()


def _floor(name: str, scores: Mapping[str, float]) -> Floor:
    return Floor(
        name=name,
        scores={key: value if np.isfinite(value) else NOTHING for key, value in scores.items()},
    )
