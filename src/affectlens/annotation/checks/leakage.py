"""The description is nothing but a description: no remains of a prompt or of a chat with a model.

Models leave "Input:", "Sure, here is the description:", "As an AI …", "<|im_end|>" or places that
nobody filled; 88 of the 332 English descriptions of EMER v2 begin with "Input:". The
patterns are in `leakage.toml`. Quotations and the subtitle are left out.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import untried
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.wording import own
from affectlens.foundation.missing import Missing

_NAME = "leakage"


def check(draft: Draft, recipe: Recipe) -> Check:
    """Look for such remains."""
    del recipe
    if isinstance(draft.fine, Missing):
        return untried(_NAME, draft.fine)
    text = own(draft.fine, draft.subtitle)
    for what, pattern in _leaks().items():
        if found := pattern.search(text):
            detail = f"The description holds {what}: “{found[0].strip()}”."
            return Check(name=_NAME, passed=False, score=0.0, detail=detail)
    detail = "The description holds nothing of a prompt or a chat."
    return Check(name=_NAME, passed=True, score=1.0, detail=detail)


@cache
def _leaks() -> Mapping[str, re.Pattern[str]]:
    place = resources.files("affectlens.annotation.checks").joinpath("leakage.toml")
    leaks = tomllib.loads(place.read_text("utf-8"))["leaks"]
    flags = re.IGNORECASE | re.MULTILINE | re.VERBOSE
    return {what: re.compile(pattern, flags) for what, pattern in leaks.items()}
