"""Tables for people: shares in percent, floors beside scores, columns that line up."""

import unicodedata

import pytest
from tests.evaluation.simple_metric import guesses, labels_metric

from affectlens.evaluation.score import Floor, Score, Scores
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.evaluation.statistics.compare import Plan, System, compare
from affectlens.evaluation.table import Task, comparison, lines, table
from affectlens.evaluation.wording import distance, number
from affectlens.foundation.missing import Missing

NONE = Missing("there is nothing to score")
SCORES = Scores(
    metric="classification",
    mode="compat",
    headline="uar",
    settings={},
    samples=200,
    counted=200,
    parsed=190,
    failed=4,
    scores=(
        Score(name="war", value=0.6254, low=0.5512, high=0.7, error=0.04),
        Score(name="uar", value=0.5, low=0.4, high=0.6, error=0.05),
        Score(name="recall.sad", value=NONE, low=NONE, high=NONE, error=NONE),
        Score(
            name="mse", value=1.25, low=1, high=1.5, error=0.1, share=False, lower_is_better=True
        ),
    ),
    floors=(
        Floor(name="majority", scores={"uar": 1 / 7, "war": 0.3, "mse": 1.0}),
        Floor(name="prior-random", scores={"uar": 0.15, "war": 0.2, "mse": 2.0}),
    ),
)


def cells(text: str, row: int) -> list[str]:
    return [cell.strip() for cell in text.split("\n")[row].strip("|").split("|")]


def test_the_headline_is_first_with_what_it_is_of_its_interval_and_best_floor() -> None:
    text = table([SCORES], tasks=[Task("dfew", "1")])
    assert cells(text, 0) == [
        "Task", "Version", "Mode", "n", "parsed", "failed", "Metric", "", "Value", "95 % CI",
        "floor (best)",
    ]  # fmt: skip
    assert cells(text, 2) == [
        "dfew", "1", "compat", "200", "190", "4", "uar", "↑", "50.0 %", "40.0 – 60.0",
        "15.0 prior-random",
    ]  # fmt: skip
    assert cells(text, 3)[6:] == ["war", "↑", "62.5 %", "55.1 – 70.0", "30.0 majority"]


def test_a_number_that_is_no_share_is_no_percentage_and_points_down_where_less_is_better() -> None:
    assert cells(table([SCORES]), 4)[6:] == ["mse", "↓", "1.250", "1.000 – 1.500", "1.000 majority"]


def test_scores_of_parts_are_shown_when_asked_for_and_absence_is_a_dash() -> None:
    assert "recall.sad" not in table([SCORES])
    assert cells(table([SCORES], every=True), 4)[6:] == ["recall.sad", "↑", "–", "–", "–"]


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("name", ["dfew", "情感", "ＭＥＲ", "x" * 40])
def test_columns_line_up_whatever_the_letters(name: str) -> None:
    text = table([SCORES, SCORES], tasks=[Task(name), Task("b")])
    assert len({columns(line) for line in text.split("\n")}) == 1


def test_a_name_cannot_break_the_table_or_steer_the_terminal() -> None:
    hostile = "a\n|b\x1b[31m\u202e"
    text = table([SCORES], tasks=[Task(hostile)])
    assert len(text.split("\n")) == len(table([SCORES]).split("\n"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\|b" in table([SCORES], tasks=[Task(hostile)], markdown=True)


def test_markdown_says_which_columns_are_numbers() -> None:
    rule = table([SCORES], markdown=True).split("\n")[1]
    assert [cell.endswith(":") for cell in rule.strip("|").split("|")] == [
        False, False, False, True, True, True, False, False, True, False, False,
    ]  # fmt: skip
    assert lines(["a"], [["1"]], markdown=True) == "|a  |\n|---|\n|1  |"


def test_a_comparison_ends_in_a_sentence() -> None:
    plan = Plan(draws=Draws(resamples=50), swaps=200)
    a, b = System("runs/one", guesses(200, 0.4, 1)), System("runs/two", guesses(200, 0.9, 2))
    text = comparison(compare([labels_metric()], a, b, plan=plan))
    assert "A: runs/one\nB: runs/two\n200 samples" in text
    assert "|classification accuracy " in text
    assert "recall.happy" not in text
    assert "B is better on weighted F1 by" in text
    assert "McNemar's p 0.0000" in text


def test_nothing_is_written_as_less_than_nothing() -> None:
    assert number(-0.0001, share=True) == "0.0"
    assert number(-0.0004, share=False) == "0.000"
    assert number(-0.5, share=False) == "-0.500"
    assert distance(0.031, share=True) == "3.1 points"
    assert distance(0.031, share=False) == "0.031"
