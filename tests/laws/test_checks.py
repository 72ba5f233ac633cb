"""What every check must keep, whichever it is; a new file is held to this without a change."""

from dataclasses import replace

import pytest
from tests.annotation.checks.drafts import RECIPE, draft, recipe

from affectlens.annotation.check import GROUP, checker
from affectlens.foundation import plugins
from affectlens.foundation.missing import Missing

NAMES = plugins.names(GROUP)
GOOD = (
    "The lip corners are pulled up and the cheeks are raised. The person laughs. Together, these "
    "signs make the person appear happy."
)
BAD = ("", "!?!", "no " * 50, "笑" * 30, "Input: [INST] {label}", "x" * 5000, "“hello” " * 9)


def test_what_the_recipe_requires_by_default_is_there() -> None:
    assert set(RECIPE.checks.required) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_calls_itself_by_its_file_and_scores_between_0_and_1(name: str) -> None:
    for text in (GOOD, *BAD):
        found = checker(name)(draft(fine=text, label="happy"), RECIPE)
        assert found.name == name
        assert isinstance(found.score, Missing) or 0.0 <= found.score <= 1.0
        assert found.detail.endswith((".", "?", "!", "”"))
        assert found == checker(name)(draft(fine=text, label="happy"), RECIPE)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "units"])
def test_no_description_passes_nothing_and_is_scored_nowhere(name: str) -> None:
    found = checker(name)(draft(fine=Missing("nobody is seen"), label="happy"), RECIPE)
    assert not found.passed
    assert found.score == Missing("nobody is seen")
    assert "nobody is seen" in found.detail


def test_a_mistyped_check_is_refused_with_the_nearest_name() -> None:
    from affectlens.annotation.steps.checked import check_names
    from affectlens.foundation.errors import ConfigError

    check_names(RECIPE)
    with pytest.raises(ConfigError, match="Did you mean 'grounding'"):
        check_names(recipe(required=("groundin",)))
    with pytest.raises(ConfigError, match="'eng'"):
        check_names(recipe(language="eng"))
    check_names(recipe(language="eng", required=("length",)))


def test_what_people_would_write_passes_all_that_looks_at_text() -> None:
    made = draft(fine=GOOD, label="happy")
    for name in ("label", "language", "leakage", "length", "repetition"):
        assert checker(name)(replace(made), RECIPE).passed, name
