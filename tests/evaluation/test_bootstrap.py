"""Intervals hold what they promise, do not depend on order, and say where they cannot be had."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.simple_metric import Mean, guesses, labels_metric, means

from affectlens.evaluation.statistics import bootstrap
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing


def counted(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], 1)


def test_kinds_are_drawn_as_often_as_samples_drawn_one_by_one() -> None:
    """Sums of resamples have the mean N·m and the covariance N·S of the samples."""
    rng = np.random.default_rng(0)
    counts_NK = np.stack([rng.integers(0, 3, 40), rng.normal(size=40).round(1)], 1).astype(float)
    found = np.concatenate(list(bootstrap.sums(counts_NK, Draws(resamples=40_000))))
    expected = 40 * np.cov(counts_NK.T, bias=True)
    assert np.abs(found.mean(0) - counts_NK.sum(0)).max() < 4 * np.sqrt(expected.max() / 40_000)
    assert np.cov(found.T) == pytest.approx(expected, rel=0.05, abs=0.2)


def test_every_resample_has_as_many_samples_as_there_are() -> None:
    counts_NK = np.stack([np.arange(7.0), np.ones(7)], 1)
    for sums_BK in bootstrap.sums(counts_NK, Draws(resamples=50)):
        assert (sums_BK[:, 1] == 7).all()


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    (mean, _), _ = bootstrap.measure(Mean(), counted(values), means, Draws(resamples=4000))
    error = values.std() / 20
    assert mean.value == pytest.approx(values.mean())
    assert mean.error == pytest.approx(error, rel=0.05)
    assert mean.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert mean.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_intervals_of_95_percent_hold_the_truth_about_95_times_in_100() -> None:
    """A mean of normal numbers, and an accuracy by the confusion matrix."""
    rng = np.random.default_rng(0)
    metric = labels_metric()
    means_held = shares_held = 0
    for trial in range(300):
        draws = Draws(resamples=400, seed=trial)
        values = rng.normal(1.0, 1.0, 120)
        low, high = edges(bootstrap.distributions(counted(values), means, draws)["mean"])
        means_held += low <= 1.0 <= high
        tally = metric.tally(guesses(120, 0.7, trial, truths=trial))
        found = bootstrap.distributions(tally.counts_NK, tally.finish, draws)
        low, high = edges(found["accuracy"])
        shares_held += low <= 0.7 <= high
    assert means_held / 300 == pytest.approx(0.95, abs=0.02)
    assert shares_held / 300 == pytest.approx(0.95, abs=0.02)


def edges(values_R: np.ndarray) -> tuple[float, float]:
    about = bootstrap.spread(values_R)
    assert isinstance(about.low, float)
    assert isinstance(about.high, float)
    return about.low, about.high


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30), st.randoms())
def test_the_order_of_samples_does_not_change_a_bit_of_a_resample(values, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(values, len(values))
    one, two = (
        bootstrap.distributions(counted(np.array(each)), means, Draws(resamples=20))["mean"]
        for each in (values, shuffled)
    )
    assert (one == two).all()


def test_another_seed_draws_other_samples() -> None:
    counts_NK = counted(np.arange(30.0))
    one, two = (
        bootstrap.distributions(counts_NK, means, Draws(resamples=20, seed=seed))["mean"]
        for seed in (0, 1)
    )
    assert (one != two).any()


def test_blocks_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    counts_NK = counted(np.arange(30.0))
    whole = np.concatenate(list(bootstrap.sums(counts_NK, Draws(resamples=100))))
    monkeypatch.setattr(bootstrap, "_CELLS", 90)
    blocks = list(bootstrap.sums(counts_NK, Draws(resamples=100)))
    assert len(blocks) == 34
    assert (np.concatenate(blocks) == whole).all()


def test_resamples_without_a_score_are_passed_over_and_told() -> None:
    """Of 3 samples only one can be scored: it is in 1 - (2/3)³ = 70 % of the resamples."""
    counts_NK = np.array([[2.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    (mean, _), notes = bootstrap.measure(Mean(), counts_NK, means, Draws(resamples=2000))
    assert (mean.value, mean.low, mean.high) == (2.0, 2.0, 2.0)
    (note,) = notes  # one sentence for both scores
    assert note.startswith(tuple(f"mean, inverse are not defined in {n} %" for n in (29, 30)))


def test_what_cannot_be_scored_is_missing_with_a_reason() -> None:
    (mean, _), notes = bootstrap.measure(Mean(), np.zeros((4, 2)), means, Draws(resamples=10))
    assert mean.value == mean.low == mean.error == Missing("there is nothing to score")
    assert notes == ()


def test_one_sample_has_a_score_but_no_interval() -> None:
    (mean, _), _ = bootstrap.measure(Mean(), np.array([[2.0, 1.0]]), means, Draws(resamples=10))
    assert mean.value == 2.0
    assert mean.low == mean.high == mean.error == Missing("one sample has no spread")


def test_clusters_are_summed_whatever_the_order_of_their_samples() -> None:
    counts_NK = np.array([[1.0, 1], [10, 1], [2, 1], [20, 1], [4, 1]])
    summed = bootstrap.grouped(counts_NK, np.array([0, 1, 0, 1, 2]))
    assert summed.tolist() == [[3, 2], [30, 2], [4, 1]]


def test_copies_within_clusters_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).normal(size=50)
    copies_NK = counted(np.repeat(values, 9))
    clustered_NK = bootstrap.grouped(copies_NK, np.repeat(np.arange(50), 9))
    draws = Draws(resamples=2000)
    once, copied, clustered = (
        bootstrap.spread(bootstrap.distributions(each, means, draws)["mean"]).error
        for each in (counted(values), copies_NK, clustered_NK)
    )
    assert clustered == pytest.approx(once, rel=0.1)
    assert copied == pytest.approx(clustered / 3, rel=0.1)  # type: ignore[operator]


def test_an_interval_of_one_resample_is_refused() -> None:
    with pytest.raises(ConfigError, match="2 resamples or more, got 1"):
        Draws(resamples=1)


def test_the_error_is_the_standard_deviation_of_a_sample_of_resamples() -> None:
    assert bootstrap.spread(np.array([1.0, 3.0])).error == pytest.approx(2**0.5)


def test_a_score_says_whether_it_is_a_share_and_whether_less_is_better() -> None:
    metric = Mean(numbers=frozenset({"mean"}), lower_is_better=frozenset({"inverse"}))
    (mean, inverse), _ = bootstrap.measure(metric, counted(np.ones(3)), means, Draws(resamples=5))
    assert (mean.share, mean.lower_is_better) == (False, False)
    assert (inverse.share, inverse.lower_is_better) == (True, True)
