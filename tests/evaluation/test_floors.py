"""Floors are what answers reach that look at nothing, by the metric's own path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.evaluation.simple_metric import LABELS, Mean, answered, guesses, labels_metric, numbers

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Tally
from affectlens.evaluation.metrics import grounding
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.score import Floor, Score
from affectlens.evaluation.statistics.bootstrap import NOTHING
from affectlens.evaluation.statistics.floors import best, floors_of, permutations, warning
from affectlens.foundation.missing import Missing

COUNTS = {"happy": 50, "sad": 30, "angry": 20}
OUTCOMES = answered([(label, label) for label in LABELS for _ in range(COUNTS[label])])


@dataclass(frozen=True)
class Constants(Mean):
    """A mean with other constants."""

    said: tuple[tuple[str, float], ...] = ()

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        return {name: Prediction(id="", valence=value) for name, value in self.said}


def test_the_majority_reaches_its_share() -> None:
    majority = floors_of(labels_metric(), OUTCOMES)[0]
    assert majority.name == "majority"
    assert majority.scores["accuracy"] == 0.5
    assert majority.scores["uar"] == pytest.approx(1 / 3)


def test_a_constant_that_says_what_the_majority_says_is_not_told_twice() -> None:
    names = [floor.name for floor in floors_of(labels_metric(), OUTCOMES)]
    assert names == ["majority", "always sad", "always angry", "prior-random"]


def test_the_best_constant_says_so_and_stands_after_the_majority() -> None:
    metric = Constants(said=(("low", -1.0), ("high", 2.0), ("majority", 0.5), ("mid", 1.0)))
    names = [floor.name for floor in floors_of(metric, numbers([0.0, 1.0]))]
    assert names == ["majority", "best constant: high", "low", "mid", "prior-random"]


def test_of_a_score_of_which_less_is_better_the_best_constant_is_the_least() -> None:
    metric = Constants(said=(("low", -1.0), ("high", 2.0)), lower_is_better=frozenset({"mean"}))
    assert floors_of(metric, numbers([0.0, 1.0]))[0].name == "best constant: low"


def test_prior_random_is_right_as_often_as_two_samples_have_one_label() -> None:
    random = floors_of(labels_metric(), OUTCOMES)[-1]
    assert random.name == "prior-random"
    assert random.scores["accuracy"] == pytest.approx(0.5**2 + 0.3**2 + 0.2**2, abs=0.02)
    assert random.scores["uar"] == pytest.approx(1 / 3, abs=0.03)


def test_floors_do_not_depend_on_the_predictions() -> None:
    assert floors_of(labels_metric(), guesses(80, 0.9, 1)) == floors_of(
        labels_metric(), guesses(80, 0.1, 2)
    )


def test_another_seed_shuffles_otherwise() -> None:
    one, two = (floors_of(labels_metric(), OUTCOMES, seed=seed)[-1] for seed in (0, 1))
    assert one != two


def test_many_samples_are_shuffled_less_often() -> None:
    assert [permutations(n) for n in (1, 600, 3000, 10_000, 10**6)] == [50, 50, 10, 3, 3]


def test_a_judge_is_asked_about_one_shuffle() -> None:
    tallies = []

    class Judged(Mean):
        def tally(self, outcomes: Sequence[Outcome]) -> Tally:
            tallies.append(len(outcomes))
            return super().tally(outcomes)

    names = [floor.name for floor in floors_of(Judged(asks_judge=True), numbers([0.0, 1.0, 2.0]))]
    assert names == ["best constant: always 0", "prior-random"]
    assert tallies == [3, 3]


def test_where_no_truth_makes_a_prediction_nothing_is_shuffled() -> None:
    explained = [
        Outcome(Sample(id=f"s{i}"), Prediction(id=f"s{i}", claims={"supported": i})) for i in (0, 1)
    ]
    assert floors_of(grounding.build(grounding.Config()), explained) == ()


def test_a_floor_without_a_score_is_missing() -> None:
    zero = floors_of(Constants(said=(("zero", 0.0),)), numbers([0.0, 0.0]))[0]
    assert zero.scores["mean"] == 0.0
    assert zero.scores["inverse"] == Missing("there is nothing to score")


def made(value: float, low: float, high: float, *, lower: bool = False) -> Score:
    return Score(name="x", value=value, low=low, high=high, error=0.1, lower_is_better=lower)


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (made(0.6, 0.55, 0.65), None),
        (made(0.6, 0.45, 0.75), "is not clearly better than"),
        (made(0.6, 0.5, 0.75), "is not clearly better than"),
        (made(0.5, 0.45, 0.55), "is not better than"),
        (made(0.4, 0.35, 0.45, lower=True), "is not better than"),
        (made(0.2, 0.1, 0.35, lower=True), "is not clearly better than"),
        (made(0.2, 0.15, 0.25, lower=True), None),
    ],
)
def test_a_score_that_does_not_clearly_exceed_its_best_floor_is_told(
    score: Score, says: str | None
) -> None:
    known = [Floor(name="a", scores={"x": 0.3}), Floor(name="b", scores={"x": 0.5})]
    found = warning(known, score)
    assert (found is None) if says is None else (found is not None and says in found)


def test_the_best_floor_is_the_one_that_is_hardest_to_beat() -> None:
    nothing = Floor(name="c", scores={"x": NOTHING})
    known = [Floor(name="a", scores={"x": 0.3}), Floor(name="b", scores={"x": 0.5}), nothing]
    assert best(known, made(1, 1, 1)) == ("b", 0.5)
    assert best(known, made(1, 1, 1, lower=True)) == ("a", 0.3)
    assert best([nothing], made(1, 1, 1)) is None
    assert np.isfinite(best(known, made(1, 1, 1))[1])  # type: ignore[index]


def test_a_label_that_is_always_said_is_no_floor_of_its_own_recall() -> None:
    score = Score(name="recall.sad", value=0.5, low=0.4, high=0.6, error=0.1)
    told = [Floor(name="always sad", scores={"recall.sad": 1.0})]
    assert best(told, score) is None
    assert best([replace(told[0], scores={"uar": 0.2})], replace(score, name="uar")) is not None
