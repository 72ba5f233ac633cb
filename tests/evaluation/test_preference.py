"""Choices of one of two are read where they are clear, and wrong where not."""

import pytest
from sklearn import metrics
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metrics.preference import Config, build
from affectlens.foundation.errors import InputError


def test_scores_are_those_of_scikit_learn() -> None:
    true, said = ["a1", "a2", "a2", "a1", "a2"], ["a1", "a1", "a2", "none", "a2"]
    made = outcomes([{"label": t} for t in true], [{"label": p} for p in said])
    found = build(Config()).tally(made).scores()
    wanted = metrics.f1_score(true, said, average="weighted", zero_division=0)
    assert found == pytest.approx({"waf": wanted, "accuracy": 0.6})


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("a1", True),
        ("I prefer A1.", True),
        ("a1, clearly a1", True),
        ("a1 is better than a2", False),
        ("a2", False),
        ("a12", False),
        ("", False),
    ],
)
def test_an_answer_that_names_one_of_the_two_chose_it(answer: str, right: bool) -> None:
    made = outcomes([{"label": "a1"}], [{"answer": answer}])
    assert build(Config()).tally(made).scores()["accuracy"] == right


def test_a_truth_that_is_neither_is_told_by_its_row() -> None:
    with pytest.raises(InputError, match=r"row 2 \(clip0\): 'a3' is no label"):
        build(Config()).tally(outcomes([{"label": "a3"}], [{}]))
