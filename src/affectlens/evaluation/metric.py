"""`Metric`: what it counts of each sample, such that the counts add up, and what the sums mean.

Every score here is a function of sums over samples: cells of a confusion matrix, precision and
recall of label sets, squared errors, matched n-grams. So a metric gives one row of numbers per
sample and one function from summed rows to scores, and all else (intervals by bootstrap, paired
tests, slices, floors) is the same for all metrics: it adds the rows up in other ways.

A metric is a file of `evaluation/metrics/` with `Config` (frozen, keyword-only, with `mode` and
everything else defaulted) and `build(config) -> Metric`.
"""

# N samples, K counts of a sample; "..." stands for any leading dimensions

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Outcome, Prediction

Floats = NDArray[np.float64]

# Either as the published scripts score, their faults included; or strictly: a refusal is wrong,
# neutral stays, labels too many cost. Each metric's docstring says where its two modes differ.
Mode = Literal["compat", "strict"]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What a metric counted."""

    counts_NK: Floats  # rows of samples that are left out are zero
    finish: Callable[[Floats], Mapping[str, Floats]]  # sums (..., K) → scores by name, each (...)
    counted_N: NDArray[np.bool_]  # False: the metric's rule leaves the sample out of the score
    parsed_N: NDArray[np.bool_]  # False: a prediction that the metric cannot read, or none
    per_sample: Mapping[str, Floats] = field(default_factory=dict)  # for tables; NaN: left out
    details: Mapping[str, Any] = field(default_factory=dict)  # JSON for reports: "confusion" …
    notes: tuple[str, ...] = ()  # what whoever reads the scores should know, in sentences

    def __post_init__(self) -> None:
        samples = len(self.counts_NK)
        assert self.counted_N.shape == self.parsed_N.shape == (samples,)
        assert np.isfinite(self.counts_NK).all()

    def scores(self) -> dict[str, float]:
        """The scores of all samples; NaN where there is nothing to score."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.finish(self.counts_NK.sum(0))
        return {name: float(value) for name, value in found.items()}


class Metric(Protocol):
    """Scores outcomes. Scores are shares, 0–1, unless `numbers` names them."""

    @property
    def name(self) -> str:
        """The plug-in's."""

    @property
    def mode(self) -> Mode:
        """How it scores."""

    @property
    def reads(self) -> frozenset[str]:
        """Fields of `Sample` that every truth must have."""

    @property
    def headline(self) -> str:
        """The score that is quoted."""

    @property
    def numbers(self) -> frozenset[str]:
        """Scores that are no shares, such as a mean squared error."""

    @property
    def lower_is_better(self) -> frozenset[str]:
        """Scores of which less is better."""

    @property
    def asks_judge(self) -> bool:
        """Whether a language model is asked about each sample, so that every tally costs."""

    @property
    def scores_words(self) -> bool:
        """Whether an answer in words is all that it needs of a prediction."""

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Count, in the order of the outcomes; every outcome has a row.

        Raises:
            InputError: a truth that it needs is missing or wrong; tells its place.
        """

    def perfect(self, truth: Sample) -> Prediction:
        """The truth as a prediction; shuffled over the samples it is the prior-random floor.

        One that holds nothing says that no truth makes a prediction, and there is no such floor.
        """

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """Answers that look at nothing, by name, such as "majority" or "always [angry, sad]".

        Their ids do not matter. The best of them is a floor. Empty where no constant makes sense.
        """
