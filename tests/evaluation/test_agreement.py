"""Agreement against numbers worked out by hand."""

# N pairs

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from affectlens.evaluation.statistics.agreement import of_scores, of_sets
from affectlens.foundation.missing import Missing

GONE = Missing("refused")
SCORES = st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), min_size=2, max_size=30)


def test_by_hand() -> None:
    """One: 1 2 3 4; other: 2 1 4 4."""
    found = of_scores([1, 2, 3, 4], [2, 1, 4, 4])
    assert (found.n, found.left_out) == (4, 0)
    # Means 2.5 and 2.75; products of deviations 4.5; squares 5 and 6.75.
    assert found.pearson == pytest.approx(4.5 / math.sqrt(5 * 6.75))
    # Ranks 1 2 3 4 and 2 1 3.5 3.5: products 3.5, squares 5 and 4.5.
    assert found.spearman == pytest.approx(3.5 / math.sqrt(5 * 4.5))
    # Squared differences 1 1 1 0: 0.75. Pooled 1 2 3 4 2 1 4 4: mean 2.625, squares 67 - 55.125.
    assert found.alpha == pytest.approx(1 - 0.75 / (2 * 11.875 / 7))
    # All 16 pairs: 1 with 2 1 4 4 is 1 0 9 9, 2: 0 1 4 4, 3: 1 4 1 1, 4: 4 9 0 0. Sum 48.
    assert found.kappa == pytest.approx(1 - 0.75 / (48 / 16))
    assert found.mean_difference == 0.75
    assert found.identical == 0.25


def test_krippendorffs_own_example() -> None:
    """Two observers, ten units, binary (Krippendorff 2011, part A): alpha 0.095."""
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert of_scores(one, other).alpha == pytest.approx(0.095, abs=5e-4)


@given(SCORES)
@settings(deadline=None, max_examples=50)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    found = of_scores(one, other)
    if not isinstance(found.kappa, Missing):
        labels = list(range(1, 11))
        wanted = cohen_kappa_score(one, other, weights="quadratic", labels=labels)
        assert found.kappa == pytest.approx(wanted)


@given(SCORES)
@settings(deadline=None, max_examples=50)
def test_it_does_not_matter_who_is_first_or_how_samples_are_ordered(
    pairs: list[tuple[int, int]],
) -> None:
    one, other = (list(side) for side in zip(*pairs, strict=True))
    found = of_scores(one, other)
    for again in (of_scores(other, one), of_scores(one[::-1], other[::-1])):
        for name in ("pearson", "spearman", "alpha", "kappa", "mean_difference", "identical"):
            value, same = getattr(found, name), getattr(again, name)
            assert same == (value if isinstance(value, Missing) else pytest.approx(value, abs=1e-9))


@given(SCORES)
@settings(deadline=None, max_examples=30)
def test_who_agrees_with_himself_agrees_wholly(pairs: list[tuple[int, int]]) -> None:
    one = [a for a, _ in pairs]
    found = of_scores(one, one)
    assert found.identical == 1.0
    assert found.mean_difference == 0.0
    for value in (found.alpha, found.kappa, found.pearson, found.spearman):
        assert isinstance(value, Missing) == (len(set(one)) == 1)
        assert isinstance(value, Missing) or value == pytest.approx(1.0)


def test_what_one_did_not_score_is_left_out_and_counted() -> None:
    found = of_scores([1, GONE, 3, None, 5.5], [2, 2, math.nan, 4, 5.5])
    assert (found.n, found.left_out, found.mean_difference) == (2, 3, 0.5)


def test_without_pairs_everything_is_missing() -> None:
    found = of_scores([GONE], [3])
    assert (found.n, found.left_out) == (0, 1)
    assert isinstance(found.alpha, Missing)
    assert isinstance(found.identical, Missing)


@pytest.mark.parametrize("score", [0.1, 7.0])
def test_a_judge_that_always_says_the_same_has_no_correlation(score: float) -> None:
    found = of_scores([score] * 3, [1.0, 2.0, 3.0])
    assert isinstance(found.pearson, Missing)
    assert isinstance(found.spearman, Missing)
    assert not isinstance(found.alpha, Missing)
    both = of_scores([score] * 3, [score] * 3)
    assert isinstance(both.alpha, Missing)
    assert isinstance(both.kappa, Missing)


def test_label_sets_by_hand() -> None:
    one: list[list[str] | Missing] = [["Happy", "sad"], [], ["angry"], GONE]
    other: list[list[str] | Missing] = [["sad", " happy", "glad", "sad"], [], ["calm"], ["x"]]
    found = of_sets(one, other)
    assert (found.n, found.left_out) == (3, 1)
    assert found.jaccard == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found.identical == pytest.approx(1 / 3)
    assert isinstance(of_sets([GONE], [["x"]]).jaccard, Missing)


def test_a_sample_that_one_of_both_could_not_score_is_left_out() -> None:
    found = of_scores([1, math.nan, 3], [2, 5, 3])
    assert (found.n, found.left_out, found.mean_difference) == (2, 1, 0.5)
