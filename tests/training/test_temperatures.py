"""The temperature of overconfident likelihoods is found again, and thresholds keep their word."""

# N clips, L labels

import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.training import temperatures
from affectlens.training.temperatures import Floats, fitted, probabilities, threshold

LABELS = 7


def drawn(clips: int, seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    """Log likelihoods of which each label is the true one as often as they say."""
    chance = np.random.default_rng(seed)
    levels_NL = chance.normal(scale=2.0, size=(clips, LABELS))
    likely_NL = probabilities(levels_NL, 1.0)
    true_N = (likely_NL.cumsum(1) > chance.random((clips, 1))).argmax(1)
    return levels_NL, true_N.astype(np.int64)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0, 8.0])
def test_the_temperature_that_was_put_in_is_found(factor: float) -> None:
    levels_NL, true_N = drawn(4000)
    assert fitted(levels_NL * factor, true_N) == pytest.approx(factor, rel=0.07)


def test_only_differences_between_levels_count() -> None:
    levels_NL, true_N = drawn(500)
    moved_NL = levels_NL - np.random.default_rng(1).uniform(0, 800, (500, 1))
    assert fitted(moved_NL, true_N) == fitted(levels_NL, true_N)


def test_a_few_clips_that_are_all_right_do_not_make_it_certain() -> None:
    levels_NL = np.eye(LABELS)[np.arange(30) % LABELS] * 2.0
    temperature = fitted(levels_NL, np.arange(30) % LABELS)
    assert temperature > temperatures.LOWEST
    assert probabilities(levels_NL, temperature).max() == pytest.approx(31 / 32, abs=1e-3)


def test_levels_that_know_nothing_become_as_even_as_they_may() -> None:
    chance = np.random.default_rng(3)
    levels_NL = chance.normal(scale=20, size=(400, LABELS))
    temperature = fitted(levels_NL, chance.integers(LABELS, size=400))
    assert temperature == pytest.approx(temperatures.HIGHEST, rel=1e-3)


def sure(right: list[bool], top: float = 0.9, low: float = 0.2) -> float:
    """The threshold of clips from the surest to the least sure."""
    return threshold(np.linspace(top, low, len(right)), np.array(right), LABELS)


def test_where_labels_are_right_often_enough_only_what_is_near_chance_goes_without() -> None:
    assert sure([True] * 100, low=0.4) == pytest.approx(2 / LABELS, abs=1e-3)


def test_given_labels_are_right_as_often_as_promised() -> None:
    right = [True] * 52 + [False] * 38
    least = sure(right)
    given = np.linspace(0.9, 0.2, len(right)) >= least
    assert np.mean(np.array(right)[given]) >= temperatures.RIGHT
    assert 1 - given.mean() <= temperatures.UNSAID


def test_no_more_than_a_quarter_goes_without_however_wrong_the_labels_are() -> None:
    for right in ([False] * 40, [True] * 5 + [False] * 95):
        given = np.linspace(0.9, 0.2, len(right)) >= sure(right)
        assert 0.75 <= given.mean() < 0.8


def test_clips_of_equal_sureness_are_all_given() -> None:
    assert threshold(np.full(50, 0.2), np.zeros(50, bool), LABELS) <= 0.2
