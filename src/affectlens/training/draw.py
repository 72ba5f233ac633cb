"""`Draw`: which clip and task stand at a place of a run's order; and what becomes of it."""

from dataclasses import dataclass

from affectlens.model.example import Example
from affectlens.model.processor import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One place; whatever is drawn for it hangs on `seed` alone, so that a run can be resumed."""

    position: int  # from 0, over all samples of the stage
    source: str  # name of the recipe's data
    index: int  # of the clip in its source
    task: str
    seed: int  # for which instruction is asked, which copy is shown and what is dropped
    copied: bool = False  # whether a changed copy of the clip may be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is learned at a place."""

    draw: Draw
    example: Example
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A place whose sample cannot be learned: it is left out of its batch, counted and named."""

    draw: Draw
    name: str
    reason: str
