"""`Checker`: one thing that a draft must stand up to.

A check is a file of `annotation/checks/` with `check(draft, recipe) -> Check`, whose name is the
file's. Its score is Missing where there was nothing to check; whether that passes, it decides.
"""

from collections.abc import Sequence
from typing import Protocol

from affectlens.annotation.annotation import Check
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.foundation import plugins
from affectlens.foundation.missing import Missing
from affectlens.reasoning.analysis import Claim

GROUP = "annotation.checks"


class Checker(Protocol):
    """What a check offers as `check`."""

    def __call__(self, draft: Draft, recipe: Recipe) -> Check:
        """Whether the draft stands up to it, and a sentence that says why."""


def checker(name: str) -> Checker:
    """The check of a name.

    Raises:
        ConfigError: there is none; the message names the nearest.
    """
    found: Checker = plugins.load(GROUP, name).check
    return found


def language_of(recipe: Recipe) -> str:
    """What descriptions are to be written in, as an ISO 639-1 code."""
    return recipe.checks.language or recipe.language


def borne_out(claims: Sequence[Claim]) -> int:
    """How many sentences a clue bears out.

    That the person feels what the label says follows from the label: no clue, no merit.
    """
    return sum(claim.status == "supported" and bool(claim.clues) for claim in claims)


def not_borne_out(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Sentences that assert what no clue confirms, or what one denies."""
    return tuple(claim.text for claim in claims if claim.status == "unsupported")


def untried(name: str, absent: Missing) -> Check:
    """The check of what is not there: nothing can be said of it, and it does not pass."""
    return Check(name=name, passed=False, score=absent, detail=f"Not checked: {absent.reason}.")
