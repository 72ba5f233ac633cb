"""`Reasoner`: whoever turns percepts and clues into a reading; rules or a language model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from affectlens.clues.clue import Clue
from affectlens.emotions.labels import LabelSpace
from affectlens.perception.peaks import Method
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Absence, Conflict, Explanation, Segment


@dataclass(frozen=True, slots=True)
class PersonReading:
    """What one person expresses, over the clip and window by window."""

    id: str
    label: str | None  # None: the reasoner abstains
    probabilities: Mapping[str, float]  # every label of the space, sum 1
    confidence: float  # probability of the likeliest label
    measured: bool  # False: there was no evidence at all, the probabilities are uniform
    segments: tuple[Segment, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What everybody expresses, and why."""

    model: str  # the reasoner's name
    people: tuple[PersonReading, ...]
    explanation: Explanation
    peaks: Method = "sum"  # how the peak frames of faces are to be picked
    missing: tuple[Absence, ...] = ()  # what the reasoner wanted and did not get


class Reasoner(Protocol):
    """Reads percepts and clues."""

    def __call__(self, percepts: Percepts, clues: Sequence[Clue], space: LabelSpace) -> Reading:
        """The people in order of appearance, and an explanation whose claims cite the clues."""
