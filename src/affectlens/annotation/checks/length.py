"""The description is neither too short nor too long.

Words are counted; two characters of a script without blanks, such as Chinese, count as one. The
low-level filter of MER-Caption+ drops abnormal lengths likewise (specs/affectgpt-emer.md §1.3).
"""

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import untried
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.wording import length, tokens
from affectlens.foundation.missing import Missing


def check(draft: Draft, recipe: Recipe) -> Check:
    """Count its words."""
    if isinstance(draft.fine, Missing):
        return untried("length", draft.fine)
    words, least, most = length(tokens(draft.fine)), recipe.checks.shortest, recipe.checks.longest
    detail = f"The description has {words:g} words; {least} to {most} are wanted."
    if words < least:
        return Check(name="length", passed=False, score=words / least, detail=detail)
    score = min(1.0, most / words) if words else 1.0
    return Check(name="length", passed=words <= most, score=score, detail=detail)
