"""`Scores`: what a metric says of predictions, with all that it takes to trust it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from affectlens.evaluation.metric import Mode
from affectlens.foundation.missing import Missing

SCHEMA = "affectlens.scores/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One number with its 95 % bootstrap interval."""

    name: str
    value: float | Missing
    low: float | Missing
    high: float | Missing
    error: float | Missing  # standard deviation over resamples
    share: bool = True  # False: not within 0–1, such as a squared error
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a predictor reaches that looks at nothing."""

    name: str  # "majority", "prior-random", "best constant: [angry, anxious, sad, happy]"
    scores: Mapping[str, float | Missing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The scores of the samples that share a value of a column."""

    column: str
    value: str
    samples: int
    scores: tuple[Score, ...]
    warning: str = ""  # such as that there are too few samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All of one metric."""

    metric: str
    mode: Mode
    headline: str
    settings: Mapping[str, Any]  # the metric's, as JSON
    samples: int
    counted: int  # what the scores are of; the metric's rule left the others out
    parsed: int
    failed: int  # nothing was predicted: the file could not be used, the judge did not answer
    scores: tuple[Score, ...]
    floors: tuple[Floor, ...] = ()
    slices: tuple[Slice, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def get(self, name: str) -> Score:
        """A score by name."""
        return next(score for score in self.scores if score.name == name)
