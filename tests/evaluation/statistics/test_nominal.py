"""Promises of the agreement of labels, against published examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from affectlens.evaluation.statistics.nominal import alpha_of_labels, of_labels
from affectlens.foundation.missing import Missing


def items(*people: str) -> list[list[str | None]]:
    """Labels of each item, from one line a person; a dot is no label."""
    return [
        [None if one == "." else one for one in item]
        for item in zip(*(line.split() for line in people), strict=True)
    ]


@pytest.mark.parametrize(
    ("people", "alpha"),
    [
        # Krippendorff 2011, A: two observers, two values.
        (("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),
        # B: two observers, five values.
        (("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),
        # C: four observers, some values missing.
        (
            (
                "1 2 3 3 2 1 4 1 2 . . .",
                "1 2 3 3 2 2 4 1 2 5 . 3",
                ". 3 3 3 2 3 4 2 2 5 1 .",
                "1 2 3 3 2 4 4 1 2 5 1 .",
            ),
            0.743,
        ),
        # Hayes and Krippendorff's three observers, as many textbooks have them.
        (
            (
                ". . . . . 3 4 1 2 1 1 3 3 . 3",
                "1 . 2 1 3 3 4 3 . . . . . . .",
                ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
            ),
            0.691,
        ),
    ],
)
def test_alpha_is_that_of_published_examples(people: tuple[str, ...], alpha: float) -> None:
    assert alpha_of_labels(items(*people)) == pytest.approx(alpha, abs=0.0005)


def test_kappa_is_that_of_a_table_computed_by_hand() -> None:
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = of_labels(one, other)
    assert found.identical == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=2, max_size=30))
def test_kappa_is_that_of_sklearn(pairs: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = of_labels(one, other).kappa
    if len({*one, *other}) == 1:
        assert isinstance(found, Missing)
    else:
        assert found == pytest.approx(float(cohen_kappa_score(one, other)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["a", "b", None]), max_size=4), max_size=8))
def test_alpha_is_one_at_most_and_the_order_does_not_matter(given_: list[list[str | None]]) -> None:
    found = alpha_of_labels(given_)
    turned = alpha_of_labels([item[::-1] for item in given_[::-1]])
    assert isinstance(found, Missing) or (found <= 1 and found == pytest.approx(turned))
    assert isinstance(found, Missing) == isinstance(turned, Missing)


def test_what_cannot_be_said_is_missing_with_its_reason() -> None:
    nothing = of_labels(["a", None], [None, Missing("skipped")])
    assert (nothing.n, nothing.left_out) == (0, 2)
    assert isinstance(nothing.kappa, Missing)
    assert isinstance(nothing.identical, Missing)
    alike = of_labels(["a", "a"], ["a", "a"])
    assert alike.identical == 1
    assert isinstance(alike.kappa, Missing)
    assert isinstance(alike.alpha, Missing)
    assert isinstance(alpha_of_labels([["a"], [None]]), Missing)
