"""How many claims of an explanation the clues bear out."""

from collections.abc import Iterable
from typing import get_args

from affectlens.reasoning.analysis import Claim, ClaimStatus


def counted(claims: Iterable[Claim]) -> dict[str, int]:
    """Claims by status; every status is there."""
    statuses = [claim.status for claim in claims]
    return {status: statuses.count(status) for status in get_args(ClaimStatus)}
