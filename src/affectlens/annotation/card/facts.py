"""`Facts`: what a card tells that does not stand in the annotations."""

from collections.abc import Sequence
from dataclasses import dataclass

from affectlens.annotation.review.decisions import Decision
from affectlens.annotation.twins import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of the making of a data set."""

    failed: int = 0  # files that could not be annotated
    notes: tuple[str, ...] = ()  # sentences about its splits
    decisions: Sequence[Decision] = ()  # of reviewers
    twins: Sequence[Pair] = ()  # near-duplicates that are both in it
