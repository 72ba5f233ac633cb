"""How many claims of an explanation the clues bear out."""

from collections.abc import Iterable, Sequence
from typing import get_args

from affectlens.reasoning.analysis import Claim, ClaimStatus


def counted(claims: Iterable[Claim]) -> dict[str, int]:
    """Claims by status; every status is there."""
    statuses = [claim.status for claim in claims]
    return {status: statuses.count(status) for status in get_args(ClaimStatus)}


def own(told: Sequence[Claim], by_rule: Sequence[Claim]) -> Sequence[Claim]:
    """Those that are the model's own; `by_rule` are those of the same reading told by rule alone.

    What is told by rule where none of the model's holds comes last, a label that they leave out
    first.
    """
    first = len(told) - len(by_rule)
    if tuple(told[first:]) == tuple(by_rule):
        return told[:first]
    return told[1:] if tuple(told[:1]) == tuple(by_rule[:1]) else told
