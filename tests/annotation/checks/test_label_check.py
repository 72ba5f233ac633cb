"""A description must conclude the clip's label, in whatever word for it."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.checks.drafts import RECIPE, draft

from affectlens.annotation.annotation import Check
from affectlens.annotation.checks.label import check
from affectlens.annotation.recipe import Recipe
from affectlens.emotions.spaces import MER9
from affectlens.foundation.missing import Missing
from affectlens.reasoning.settings import ReasoningSettings

EMER = Path(__file__).parents[4] / "shared" / "data" / "emer" / "v1_gt_eng.csv"


def checked(label: str, text: str, space: str = "mer9") -> Check:
    """The check of a text about a label."""
    reasoning = ReasoningSettings(label_space=space)
    made: Recipe = replace(RECIPE, analysis=replace(RECIPE.analysis, reasoning=reasoning))
    return check(draft(fine=text, label=label), made)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("happy", "The person smiles. Together, these signs make the person appear happy."),
        ("happy", "Therefore, the person feels joyful and delighted."),
        ("angry", "So it can be inferred that the person is annoyed."),
        ("angry", "The person’s emotional state is anger."),
        ("worried", "Overall, the person is anxious and uneasy."),
        ("surprise", "The person speaks with a happy voice, but is surprised at what is said."),
        ("contempt", "Taken together, these signs express contempt."),
        ("neutral", "Overall, the person stays calm."),
        ("sad", "The person is not angry at all but sad."),
        ("angry", "The label of the clip is angry."),
        ("angry", "Overall, the person is taken to appear angry."),
        ("fear", "The person is terrified."),
    ],
)
def test_the_label_or_another_word_for_it_agrees(label: str, text: str) -> None:
    found = checked(label, text)
    assert found.passed, found.detail
    assert label in found.detail


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("angry", "The brows are lowered. Therefore, the person feels sad."),
        ("happy", "The person is not happy."),
        ("happy", "The lip corners are pulled up and the cheeks are raised."),
        ("worried", "Overall, the person is afraid."),  # fear is another label
        ("fear", "Overall, the person is worried."),
        ("sad", "The person says “I am so sad”, and yet overall feels angry."),
        ("surprise", "The person is not sad but disgusted."),
        ("neutral", "The person is furious."),
    ],
)
def test_another_emotion_none_or_a_denied_one_does_not(label: str, text: str) -> None:
    found = checked(label, text)
    assert not found.passed, found.detail
    assert found.score == 0.0


def test_a_word_of_the_family_agrees_where_no_other_label_claims_it() -> None:
    assert checked("fear", "Overall, the person is anxious.", "dfew7").passed
    assert not checked("fear", "Overall, the person is anxious.", "mer9").passed
    assert not checked("calm", "Overall, the person is neutral.", "ravdess8").passed
    assert checked("calm", "Overall, the person is calm.", "ravdess8").passed


def test_the_score_is_the_share_that_agrees() -> None:
    assert checked("happy", "Overall, the person feels happy and angry.").score == 0.5


def test_what_the_analysis_read_is_told_and_decides_nothing() -> None:
    made = draft(fine="Overall, the person feels sad.", label="sad", read="happy")
    found = check(made, RECIPE)
    assert found.passed
    assert "read happy" in found.detail
    assert "read" not in check(replace(made, read="sad"), RECIPE).detail


def test_without_a_label_nothing_agrees() -> None:
    found = check(draft(fine="Overall, the person feels sad.", label=Missing("none")), RECIPE)
    assert not found.passed
    assert found.score == Missing("none")


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_file(), reason="EMER's descriptions are not here: ../shared")
def test_people_explain_the_label_that_they_gave_and_seldom_another() -> None:
    with EMER.open(encoding="utf-8", newline="") as lines:
        rows = [(row["emotions"], row["reasons"]) for row in csv.DictReader(lines)]
    own = [checked(label, text).passed for label, text in rows]
    other = [
        checked(label, text).passed for true, text in rows for label in MER9.labels if label != true
    ]
    assert sum(own) >= 0.95 * len(own)
    assert sum(other) <= 0.05 * len(other)
