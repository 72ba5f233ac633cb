"""The action units of the peak frame bear out the label (specs/emotion-llama.md §4.4–4.5)."""

from dataclasses import replace

from affectlens.annotation.annotation import Check
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps.units import agrees


def check(draft: Draft, recipe: Recipe) -> Check:
    """MERR's filter; a label that it is not meant for is told and scored, and not rejected."""
    found = agrees(draft.peak, draft.label, recipe.units)
    which = recipe.units.filter
    if found.passed or which == "all" or (which == "read" and not _by_people(draft)):
        return found
    why = "the recipe filters by none" if which == "none" else "the label is that of people"
    return replace(found, passed=True, detail=f"{found.detail} It counts for nothing: {why}.")


def _by_people(draft: Draft) -> bool:
    made = draft.made.get("label")
    return made is not None and made.step == "told"
