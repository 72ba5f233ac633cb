"""MER2023-MULTI and -NOISE: weighted F1 of six labels less a quarter of valence's squared error.

affectgpt-emer.md §2.7: combined = F1 - 0.25 · MSE. The modes differ as in "classification"
for labels, and as in "regression" for valence: strict counts a prediction without a valence as the
mean of the truths, compat leaves it out of the squared error (its label still counts).
"""

# N samples, K cells of the confusion matrix, then samples with a valence and their squared error

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import MER6
from affectlens.evaluation.counting import dimension, labelled
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction

WEIGHT = 0.25  # of the squared error


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score."""

    mode: Mode = "strict"


@dataclass(frozen=True, slots=True)
class Mer2023:
    """Scores a label of six and a valence together."""

    mode: Mode

    name: ClassVar[str] = "mer2023"
    reads: ClassVar[frozenset[str]] = frozenset({"label", "valence"})
    headline: ClassVar[str] = "combined"
    numbers: ClassVar[frozenset[str]] = frozenset({"combined", "mse"})
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"mse"})
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = False

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Cells of the confusion matrix and squared errors.

        Raises:
            InputError: a truth has no label of the six, or no valence.
        """
        found = labelled.read(outcomes, MER6, self.mode)
        pairs = dimension.read(outcomes, "valence", self.mode)
        error_N = np.where(pairs.counted_N, (pairs.true_N - pairs.said_N) ** 2, 0.0)
        return Tally(
            counts_NK=np.column_stack([found.counts, pairs.counted_N, error_N]),
            finish=scores,
            counted_N=np.ones(len(outcomes), bool),
            parsed_N=found.parsed_N & pairs.parsed_N,
            per_sample={
                "right": found.right,
                "squared_error": np.where(pairs.counted_N, error_N, np.nan),
            },
            details={"confusion": found.confusion()},
            notes=(*found.notes, *pairs.notes),
        )

    def perfect(self, truth: Sample) -> Prediction:
        """Its label and valence."""
        label = labelled.truth(truth, MER6)
        return Prediction(id=truth.id, label=label, valence=dimension.truth(truth, "valence"))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The most frequent label with the mean valence."""
        most = labelled.majority(truths, MER6)
        if most is None:
            return {}
        mean = float(np.mean([dimension.truth(sample, "valence") for sample in truths]))
        return {"majority and mean": Prediction(id="", label=most, valence=mean)}


def scores(sums_K: Floats) -> dict[str, Floats]:
    """Scores of sums (..., K)."""
    found = labelled.matrix(sums_K[..., :-2], len(MER6.labels))
    mse = over(sums_K[..., -1], sums_K[..., -2])
    return {
        "combined": found.weighted_f1 - WEIGHT * mse,
        "weighted_f1": found.weighted_f1,
        "mse": mse,
        "accuracy": found.accuracy,
        "uar": found.uar,
    }


def build(config: Config) -> Metric:
    """The metric."""
    return Mer2023(config.mode)
