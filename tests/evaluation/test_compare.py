"""Comparisons are paired, exact where they can be checked, and refuse other samples."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.simple_metric import Mean, guesses, labels_metric, means, numbers

from affectlens.evaluation.metric import Metric
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.statistics import bootstrap, paired
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.evaluation.statistics.compare import Plan, System, adjusted, compare
from affectlens.evaluation.statistics.difference import Comparison, Difference, sentence
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

FEW = Plan(draws=Draws(resamples=200), swaps=500)


def compared(
    a: list[Outcome], b: list[Outcome], metric: Metric | None = None, plan: Plan = FEW
) -> Comparison:
    return compare([metric or labels_metric()], System("a", a), System("b", b), plan=plan)


def get(found: Comparison, score: str) -> Difference:
    return next(one for one in found.differences if one.score == score)


def said(values: np.ndarray, truth: float = 0.0) -> list[Outcome]:
    """Valences of samples whose truths are the same."""
    return [
        replace(one, truth=replace(one.truth, valence=truth))
        for one in numbers([*map(float, values)])
    ]


def pair(a: np.ndarray, b: np.ndarray) -> paired.Pair:
    ones = np.ones_like(a)
    return paired.Pair(np.stack([a, ones], 1), np.stack([b, ones], 1), means, means)


def test_the_difference_is_b_less_a_with_an_interval_around() -> None:
    found = get(compared(guesses(200, 0.5, 1), guesses(200, 0.8, 2)), "accuracy")
    assert found.difference == found.b - found.a  # type: ignore[operator]
    assert found.low < found.difference < found.high  # type: ignore[operator]
    assert found.low > 0  # type: ignore[operator]
    assert found.p == pytest.approx(1 / 501)


def test_a_system_compared_to_itself_does_not_differ() -> None:
    outcomes = guesses(50, 0.5, 1)
    found = compared(outcomes, outcomes)
    for one in found.differences:
        assert (one.difference, one.low, one.high, one.p, one.adjusted) == (0, 0, 0, 1, 1)
    assert found.right_wrong[0].p == 1
    assert sentence(found.differences[0], "a", "b") == "a and b are equal on weighted F1."


def test_the_p_of_swaps_is_that_of_all_swaps() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=9), rng.normal(0.6, 1, 9)
    observed = abs((b - a).mean())
    signs = np.array(list(itertools.product((1, -1), repeat=9)))
    exact = np.mean(np.abs((signs * (b - a)).mean(1)) >= observed - 1e-12)
    found = paired.randomised(pair(a, b), swaps=20_000, seed=0)["mean"]
    assert found == pytest.approx(exact, abs=0.01)


def test_samples_that_count_alike_are_swapped_each_by_its_own_coin() -> None:
    """All 10 must fall on one side: 2 of 1024 times."""
    found = paired.randomised(pair(np.zeros(10), np.ones(10)), swaps=20_000, seed=0)["mean"]
    assert found == pytest.approx(2 / 1024, abs=0.001)


def test_swaps_of_right_and_wrong_agree_with_mcnemars_test() -> None:
    a, b = guesses(120, 0.6, 1), guesses(120, 0.7, 3)
    found = compared(a, b, plan=Plan(swaps=10_000))
    assert get(found, "accuracy").p == pytest.approx(found.right_wrong[0].p, abs=0.015)


def test_the_p_of_no_difference_is_spread_evenly() -> None:
    rng = np.random.default_rng(1)
    ps = np.array([
        paired.randomised(pair(*rng.normal(size=(2, 40))), swaps=200, seed=i)["mean"]
        for i in range(300)
    ])  # fmt: skip
    for level in (0.05, 0.25, 0.5, 0.75):
        assert (ps <= level).mean() == pytest.approx(level, abs=0.07)


def test_the_interval_of_a_difference_holds_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(300):
        hard = rng.normal(0, 3, 100)
        a, b = hard + rng.normal(size=100), hard + rng.normal(0.3, 1, 100)
        about = paired.intervals(pair(a, b), Draws(resamples=300, seed=trial))["mean"]
        held += about.low <= 0.3 <= about.high  # type: ignore[operator]
    assert held / 300 == pytest.approx(0.95, abs=0.02)


def test_what_is_hard_for_both_does_not_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 5, 100)
    both = pair(hard + rng.normal(0, 0.1, 100), hard + rng.normal(0, 0.1, 100))
    alone = bootstrap.spread(bootstrap.distributions(both.a_NK, means, Draws())["mean"]).error
    together = paired.intervals(both, Draws())["mean"].error
    assert together < 0.1 * alone  # type: ignore[operator]


def test_samples_that_only_one_system_has_are_an_error() -> None:
    outcomes = guesses(5, 1.0, 0)
    with pytest.raises(InputError, match=r"1 samples of a are not in b, such as 's00004'"):
        compared(outcomes, outcomes[:4])
    with pytest.raises(InputError, match="1 samples of b are not in a"):
        compared(outcomes[1:], outcomes)


def test_other_labels_of_the_same_sample_are_an_error() -> None:
    outcomes = guesses(5, 1.0, 0)
    other = replace(
        outcomes[2], truth=replace(outcomes[2].truth, label="sad", place="t.csv, row 4")
    )
    with pytest.raises(InputError, match=r"'s00002' has label .* 'sad' in b \(t\.csv, row 4\)"):
        compared(outcomes, [*outcomes[:2], other, *outcomes[3:]])


def test_the_order_of_samples_does_not_change_a_comparison() -> None:
    a, b = guesses(60, 0.5, 1), guesses(60, 0.6, 2)
    assert compared(a, b) == compared(a[::-1], b)


def test_speakers_are_swapped_as_a_whole() -> None:
    a, b = np.zeros(60), np.repeat([1.0, 1.0, -0.5], 20)
    speakers = ["x"] * 20 + ["y"] * 20 + ["z"] * 20

    def spoken_by(outcomes: list[Outcome]) -> list[Outcome]:
        return [
            replace(one, truth=replace(one.truth, speaker=who))
            for one, who in zip(outcomes, speakers, strict=True)
        ]

    first, second = spoken_by(said(a)), spoken_by(said(b))
    alone = compared(first, second, Mean())
    together = compared(first, second, Mean(), replace(FEW, cluster="speaker"))
    assert get(alone, "mean").p < 0.01  # type: ignore[operator]
    assert get(together, "mean").p == pytest.approx(0.5, abs=0.1)  # 4 of 8 swaps reach 0.5
    assert any("only 3 clusters" in note for note in together.notes)


def test_what_cannot_be_scored_has_no_difference() -> None:
    found = get(compared(said(np.zeros(4)), said(np.ones(4)), Mean()), "inverse")
    assert found.a == found.difference == found.p == Missing("there is nothing to score")
    assert "cannot be compared" in sentence(found, "a", "b")


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (5, 5), (1, 9), (0, 6), (30, 50)])
def test_mcnemars_test_is_a_fair_coins(only_a: int, only_b: int) -> None:
    n, few = only_a + only_b, min(only_a, only_b)
    exact = min(1.0, 2 * sum(math.comb(n, i) for i in range(few + 1)) / 2**n)
    assert paired.mcnemar(only_a, only_b) == pytest.approx(exact, rel=1e-9)
    assert paired.mcnemar(only_b, only_a) == paired.mcnemar(only_a, only_b)


def test_mcnemars_test_takes_many_samples() -> None:
    z = 399 / math.sqrt(100_400)  # with the correction for continuity
    assert paired.mcnemar(50_000, 50_400) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-3)


def test_holm_multiplies_and_never_falls() -> None:
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired.holm([0.9, 0.8]) == [1.0, 1.0]
    assert paired.holm([]) == []


def test_several_systems_are_adjusted_together_headlines_apart() -> None:
    a = guesses(80, 0.5, 1)
    two = [compared(a, guesses(80, 0.6, seed)) for seed in (2, 3)]
    heads = [c.differences[0] for c in adjusted(two)]
    assert all(one.headline for one in heads)
    assert [one.adjusted for one in heads] == paired.holm([float(one.p) for one in heads])  # type: ignore[arg-type]
    alone = two[0].differences[0]
    assert alone.adjusted == alone.p


def made(difference: float, low: float, high: float, p: float, **more: object) -> Difference:
    values = {"adjusted": p, "metric": "m", "mode": "strict", "score": "weighted_f1", **more}
    return Difference(
        headline=True, a=0.5, b=0.5 + difference, difference=difference, low=low, high=high, p=p,
        **values,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (
            made(0.031, 0.004, 0.059, 0.02),
            "B is better on weighted F1 by 3.1 points [0.4, 5.9], p 0.02.",
        ),
        (
            made(-0.031, -0.059, -0.004, 0.0004),
            "A is better on weighted F1 by 3.1 points [0.4, 5.9], p < 0.001.",
        ),
        (
            made(-0.25, -0.4, -0.1, 0.01, lower_is_better=True, share=False, score="mse"),
            "B is better on MSE by 0.250 [0.100, 0.400], p 0.01.",
        ),
        (
            made(0.01, -0.02, 0.04, 0.4),
            "No difference is shown on weighted F1: B less A is 1.0 points [−2.0, 4.0], p 0.4.",
        ),
        (
            made(0.031, 0.004, 0.059, 0.03, adjusted=0.06),
            "No difference is shown on weighted F1: B less A is 3.1 points [0.4, 5.9], "
            "p 0.03, adjusted 0.06.",
        ),
    ],
)
def test_a_sentence_says_what_follows(one: Difference, text: str) -> None:
    assert sentence(one, "A", "B") == text


def test_a_test_without_swaps_is_refused() -> None:
    with pytest.raises(ConfigError, match="1 swap or more"):
        Plan(swaps=0)
