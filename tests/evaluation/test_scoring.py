"""Scoring gives the metric's own numbers, the same to the last bit, with what to know of them."""

import random
from dataclasses import replace

import pytest
from tests.evaluation.simple_metric import Mean, answered, guesses, labels_metric, numbers

from affectlens.corpora.corpus import Sample
from affectlens.evaluation import document
from affectlens.evaluation.metrics import regression
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.score import Scores
from affectlens.evaluation.scoring import score
from affectlens.evaluation.statistics.floors import floors_of
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def scored(outcomes: list[Outcome], **more: object) -> Scores:
    return score(labels_metric(), outcomes, settings={}, resamples=50, **more)  # type: ignore[arg-type]


def test_scores_are_the_metrics_own_with_an_interval_around() -> None:
    outcomes = guesses(150, 0.7, 1)
    found = scored(outcomes)
    own = labels_metric().tally(outcomes).scores()
    assert {one.name: one.value for one in found.scores} == own
    headline = found.get(found.headline)
    assert headline.low < headline.value < headline.high  # type: ignore[operator]


def test_the_same_outcomes_in_any_order_give_the_same_bytes() -> None:
    outcomes = [
        replace(one, truth=replace(one.truth, valence=i / 7, speaker=f"p{i % 9}"),
                prediction=replace(one.prediction, valence=i**0.5))
        for i, one in enumerate(guesses(120, 0.6, 2))
    ]  # fmt: skip
    shuffled = random.Random(0).sample(outcomes, len(outcomes))  # noqa: S311 - no secret
    for metric in (labels_metric(), regression.build(regression.Config())):
        one, two = (
            document.dumps(
                score(metric, each, settings={}, resamples=60, slices=["speaker"], cluster=cluster)
            )
            for each, cluster in ((outcomes, "speaker"), (shuffled, "speaker"))
        )
        assert one == two


def test_what_was_counted_parsed_and_failed_is_told() -> None:
    outcomes = answered([("happy", "happy"), ("sad", None), ("sad", "sad"), ("angry", "happy")])
    broken = Prediction(id=outcomes[0].truth.id, failure=Missing("the file is broken"))
    outcomes[0] = Outcome(outcomes[0].truth, broken)
    found = scored(outcomes)
    assert (found.samples, found.counted, found.parsed, found.failed) == (4, 4, 2, 1)
    assert found.get("accuracy").value == 0.25


def test_settings_and_draws_are_written_down() -> None:
    found = score(
        Mean(),
        numbers([1.0, 2.0]),
        settings={"mode": "strict", "bins": (1, 2)},
        resamples=7,
        seed=3,
    )
    assert found.settings == {"mode": "strict", "bins": [1, 2]}
    assert found.details["bootstrap"] == {"resamples": 7, "seed": 3, "cluster": None}


def test_nothing_to_score_is_missing_not_zero() -> None:
    outcomes = [Outcome(Sample(id=name, valence=0.5), Prediction(id=name)) for name in "abc"]
    found = score(Mean(), outcomes, settings={}, resamples=10)
    assert found.counted == 0
    assert found.get("mean").value == Missing("there is nothing to score")


def test_no_outcomes_are_an_error() -> None:
    with pytest.raises(InputError, match="nothing to score"):
        scored([])


def test_a_sample_that_stands_twice_is_an_error_with_its_places() -> None:
    outcomes = guesses(3, 1.0, 0)
    twice = replace(outcomes[1], truth=replace(outcomes[1].truth, place="b.csv, row 9"))
    with pytest.raises(InputError, match=r"'s00001' stands 2 times \(b\.csv, row 9\)"):
        scored([*outcomes, twice])


def test_the_prediction_of_another_sample_is_an_error() -> None:
    one, two = guesses(2, 1.0, 0)
    with pytest.raises(InputError, match="'s00000' came with the prediction of 's00001'"):
        scored([Outcome(one.truth, two.prediction)])


def test_an_interval_without_width_is_no_certainty() -> None:
    found = scored(guesses(30, 1.0, 0))
    assert found.get("weighted_f1").low == 1.0
    assert any("10.0 % of other samples may still differ" in note for note in found.notes)


def test_clusters_that_are_few_or_absent_are_told() -> None:
    outcomes = [
        replace(one, truth=replace(one.truth, speaker=Missing("untold") if i < 2 else f"p{i % 3}"))
        for i, one in enumerate(guesses(30, 0.5, 0))
    ]
    found = scored(outcomes, cluster="speaker")
    assert "2 samples have no speaker: each is a cluster of its own." in found.notes
    assert any("only 5 clusters by speaker" in note for note in found.notes)
    assert found.details["bootstrap"]["cluster"] == "speaker"


def test_speakers_are_drawn_as_a_whole() -> None:
    """Each speaker's 20 samples are all right or all wrong."""
    pairs = [("happy", ("happy", "sad")[i // 20 % 2]) for i in range(800)]
    outcomes = answered(pairs, who=[str(i // 20) for i in range(800)])
    alone, together = scored(outcomes), scored(outcomes, cluster="who")
    assert together.get("accuracy").value == alone.get("accuracy").value
    assert together.get("accuracy").error > 3 * alone.get("accuracy").error  # type: ignore[operator]


def test_a_cluster_that_no_sample_has_is_an_error() -> None:
    with pytest.raises(ConfigError, match="No sample has a column 'speakr'"):
        scored(guesses(5, 1.0, 0), cluster="speakr")


def test_floors_can_be_left_out() -> None:
    assert scored(guesses(20, 0.5, 0), floors=False).floors == ()
    floors = scored(guesses(20, 0.5, 0), seed=4).floors
    assert floors == floors_of(labels_metric(), guesses(20, 0.5, 0), seed=4)
