"""`Answer`: what a language model says of one sample."""

from collections.abc import Mapping
from dataclasses import dataclass

from affectlens.foundation.missing import Missing


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How likely the model finds each label of a space as its answer."""

    space: str
    log_likelihoods: Mapping[str, float]  # natural log, summed over the label's tokens and the end
    tokens: Mapping[str, int]  # how many were summed
    probabilities: Mapping[str, float]  # softmax of the log likelihoods; sum 1


@dataclass(frozen=True, slots=True)
class Answer:
    """Text that was generated, and scores of labels where they were asked for."""

    text: str  # without prompt, end symbol and surrounding blanks
    tokens: int  # generated, the end included
    ended: bool  # False: cut off by the limit
    labels: LabelScores | Missing
