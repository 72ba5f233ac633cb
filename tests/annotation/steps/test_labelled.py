"""Who says which label a clip has, and why it is not taken."""

from dataclasses import replace
from typing import Any

import pytest
from tests.annotation.checks.drafts import RECIPE, draft, told

from affectlens.annotation.annotation import Check, Peak
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps.labelled import pseudo, settled, why_rejected
from affectlens.foundation.missing import Missing
from affectlens.reasoning.settings import ReasoningSettings


def peak(**units: float) -> Peak:
    levels = {f"AU{number:02d}": 0.0 for number in (1, 2, 4, 5, 6, 7, 10, 12, 14, 15, 17, 20, 23)}
    return Peak(
        person="P1", time_s=1.0, frame=25, method="sum", box=None,
        action_units=levels | units, active=tuple(units),
    )  # fmt: skip


def choosing(label: Any, space: str = "mer9") -> Recipe:
    reasoning = ReasoningSettings(label_space=space)
    return replace(RECIPE, label=label, analysis=replace(RECIPE.analysis, reasoning=reasoning))


@pytest.mark.parametrize(
    ("word", "space", "label"),
    [
        ("happiness", "mer9", "happy"),
        ("Anger", "mer9", "angry"),
        ("calm", "mer9", "neutral"),
        ("calm", "ravdess8", "calm"),
        ("sad", "meld7", "sadness"),
    ],
)
def test_a_given_label_is_told_in_the_words_of_the_space(word: str, space: str, label: str) -> None:
    found = pseudo(told(draft("sad"), label=word), choosing("given", space))
    assert found.label == label
    assert found.made["label"].step == "told"
    assert found.made["label"].key == ""


@pytest.mark.parametrize("choice", ["given", "auto"])
def test_a_given_label_outside_the_space_is_never_another_label(choice: str) -> None:
    found = pseudo(told(draft("sad"), label="disgust"), choosing(choice))
    assert found.label == Missing("mer9 has no label 'disgust'")
    assert "label" not in found.made
    assert found.read == "sad"


def test_auto_takes_what_people_said_else_what_was_read() -> None:
    given = pseudo(told(draft("sad"), label="angry"), choosing("auto"))
    assert (given.label, given.read) == ("angry", "sad")
    read = pseudo(draft("sad"), choosing("auto"))
    assert (read.label, read.read) == ("sad", "sad")
    assert read.made["label"].key == read.seen.key
    assert pseudo(told(draft("sad"), label="angry"), choosing("read")).label == "sad"
    assert isinstance(pseudo(draft("sad"), choosing("given")).label, Missing)


def test_where_the_analysis_abstains_there_is_no_label_and_the_reason_tells_the_nearest() -> None:
    found = pseudo(draft("voice"), choosing("read"))
    assert isinstance(found.label, Missing)
    assert found.label.reason.startswith("the analysis abstains: angry has 0.21")
    assert found.label.reason.endswith(", and 0.35 is wanted")
    assert found.made.keys().isdisjoint({"label", "read"})


def test_where_nobody_is_there_is_no_label() -> None:
    found = pseudo(draft(person=Missing("nobody was seen")), choosing("auto"))
    assert found.label == found.read == Missing("nobody was seen")


def test_units_give_a_label_and_neutral_only_to_a_face() -> None:
    smile = pseudo(draft(peak=peak(AU06=2.0, AU12=3.0, AU14=1.0)), choosing("units"))
    assert smile.label == "happy"
    assert "units" in smile.made["label"].by
    assert pseudo(draft(peak=peak()), choosing("units")).label == "neutral"
    absent = pseudo(draft(peak=Missing("no face was seen")), choosing("units"))
    assert isinstance(absent.label, Missing)
    assert "no face was seen" in absent.label.reason
    spaceless = pseudo(draft(peak=peak()), choosing("units", "ekman6"))
    assert spaceless.label == Missing("ekman6 has no label 'neutral'")


def test_open_labels_of_people_stand_as_they_gave_them() -> None:
    made = told(draft(fine="Overall, the person is sad.", label="sad"), labels=("Blue", "upset"))
    found = settled(made, RECIPE)
    assert found.labels == ("Blue", "upset")
    assert found.made["labels"].step == "told"


def test_open_labels_are_the_label_and_what_the_description_names_each_once() -> None:
    text = "Overall, the person is delighted, surprised and not angry, but full of happiness."
    found = settled(draft(fine=text, label="happy"), RECIPE)
    assert isinstance(found.labels, tuple)
    assert found.labels == ("happy", "delight", "surprised")
    assert settled(draft(fine=text, label="surprise"), RECIPE).labels == (
        "surprise", "delight", "happy"
    )  # fmt: skip
    assert settled(draft(fine=Missing("none"), label="happy"), RECIPE).labels == ("happy",)
    nothing = settled(draft(fine=Missing("none"), label=Missing("none")), RECIPE)
    assert nothing.labels == Missing("none")
    assert "labels" not in nothing.made


def failed(name: str, score: float | Missing = 0.0) -> Check:
    return Check(name=name, passed=False, score=score, detail="It is not so.")


def test_a_clip_that_stands_up_to_all_is_taken() -> None:
    passed = replace(failed("label"), passed=True)
    assert why_rejected(draft(fine="Text.", label="sad", checks=(passed,)), RECIPE) == ()


def test_what_the_recipe_does_not_require_rejects_nothing() -> None:
    made = draft(fine="Text.", label="sad", checks=(failed("fairness"), failed("length")))
    assert why_rejected(made, RECIPE) == ("length: It is not so.",)


def test_no_label_and_no_description_are_reasons_told_once() -> None:
    untried = failed("length", Missing("none"))
    no_fine = draft(fine=Missing("nobody spoke"), label="sad", checks=(untried, failed("units")))
    assert why_rejected(no_fine, RECIPE) == (
        "no description: nobody spoke", "units: It is not so."
    )  # fmt: skip
    no_label = replace(no_fine, label=Missing("it abstains"), checks=(untried,))
    assert why_rejected(no_label, RECIPE) == (
        "no label: it abstains", "no description: nobody spoke"
    )  # fmt: skip
    so = replace(no_label, fine=Missing("nothing to explain: it abstains"))
    assert why_rejected(so, RECIPE) == ("no label: it abstains",)


def test_a_check_that_could_not_be_made_still_rejects_a_clip_that_has_both() -> None:
    made = draft(fine="Text.", label="sad", checks=(failed("length", Missing("none")),))
    assert why_rejected(made, RECIPE) == ("length: It is not so.",)
