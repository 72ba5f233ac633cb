"""Grounding and units: what the measurements say of a description and a label."""

from dataclasses import replace

from tests.annotation.checks.drafts import RECIPE, draft, recipe

from affectlens.annotation.annotation import Made, Peak
from affectlens.annotation.check import checker
from affectlens.annotation.recipe import Units
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim, ClaimStatus

FROWN = Peak(
    person="P1", time_s=1.0, frame=25, method="sum", box=None, active=("AU04",),
    action_units={"AU04": 3.0, "AU06": 0.0, "AU12": 0.0, "AU14": 0.0},
)  # fmt: skip


def claim(status: ClaimStatus, clues: tuple[str, ...] = ()) -> Claim:
    """A sentence of some status."""
    return Claim(f"A {status} sentence.", "face", "P1", Span(0, 1), clues, status)


def test_the_share_that_is_borne_out_decides_at_the_recipes_limit() -> None:
    grounding = checker("grounding")
    half = (claim("supported", ("c1",)), claim("unsupported"), claim("unchecked"))
    made = draft(fine="Some text.", claims=half)
    assert grounding(made, recipe(grounded=0.5)).passed
    assert grounding(made, recipe(grounded=0.5)).score == 0.5
    strict = grounding(made, recipe(grounded=0.51))
    assert not strict.passed
    assert "A unsupported sentence." in strict.detail
    assert not grounding(replace(made, claims=half[1:]), recipe(grounded=0.0)).passed


def test_a_description_that_asserts_nothing_of_the_clip_fails() -> None:
    grounding = checker("grounding")
    for claims in ((), (claim("unchecked"),), (claim("supported"), claim("unchecked"))):
        found = grounding(draft(fine="Some text.", claims=claims), recipe(grounded=0.0))
        assert (found.passed, found.score) == (False, 0.0), claims


def test_a_language_that_cannot_be_checked_passes_unscored_and_says_so() -> None:
    found = checker("grounding")(draft(fine="他笑了。"), recipe(language="zh"))
    assert found.passed
    assert isinstance(found.score, Missing)
    assert "'zh'" in found.detail


def test_units_against_the_label_fail_unless_the_recipe_does_not_filter() -> None:
    units = checker("units")
    made = draft(peak=FROWN, label="happy")
    found = units(made, RECIPE)
    assert not found.passed
    unfiltered = units(made, replace(RECIPE, units=Units(filter="none")))
    assert unfiltered.passed
    assert unfiltered.score == found.score
    assert found.detail in unfiltered.detail


def test_units_that_nobody_measured_are_no_reason_against_a_clip() -> None:
    found = checker("units")(draft(peak=Missing("no face"), label="happy"), RECIPE)
    assert found.passed
    assert isinstance(found.score, Missing)


def test_a_label_of_people_is_told_what_the_units_say_and_stands() -> None:
    units = checker("units")
    by_people = {"label": Made(step="told", by="manifest", key="")}
    made = draft(peak=FROWN, label="happy", made=by_people)
    found = units(made, RECIPE)
    assert found.passed
    assert found.score == 0.0
    assert "that of people" in found.detail
    assert not units(made, replace(RECIPE, units=Units(filter="all"))).passed
