"""The measurements bear out what the description says of face, voice, words and picture.

A description without a sentence that clues could confirm or deny fails with 0: it asserts nothing
of this clip, and must not look well grounded (as `evaluation.metrics.grounding`, strict). That the
person feels what the label says follows from the label, and is no merit. In a language without a
lexicon nothing can be checked; that passes, unscored, and says so.
"""

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import borne_out, language_of, not_borne_out, untried
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.clues.phrasebook import languages
from affectlens.foundation.missing import Missing

_NAME = "grounding"
_SHOWN = 3  # sentences that are told


def check(draft: Draft, recipe: Recipe) -> Check:
    """Count the sentences that are borne out."""
    if isinstance(draft.fine, Missing):
        return untried(_NAME, draft.fine)
    if (language := language_of(recipe)) not in languages():
        absent = Missing(f"there is no lexicon to check sentences in {language!r}")
        return Check(name=_NAME, passed=True, score=absent, detail=f"Not checked: {absent}.")
    true, false = borne_out(draft.claims), not_borne_out(draft.claims)
    checkable = true + len(false)
    if not checkable:
        detail = "The description says nothing that a measurement could bear out."
        return Check(name=_NAME, passed=False, score=0.0, detail=detail)
    share = true / checkable
    detail = f"The measurements bear out {true} of {checkable} checkable sentences"
    detail += f"; they do not: {' | '.join(false[:_SHOWN])}" if false else "."
    enough = true > 0 and share >= recipe.checks.grounded
    return Check(name=_NAME, passed=enough, score=share, detail=detail)
