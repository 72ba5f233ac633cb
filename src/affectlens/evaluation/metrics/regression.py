"""Numbers on a dimension: errors, Pearson's correlation and Lin's concordance (CCC).

CCC: Lin, A concordance correlation coefficient to evaluate reproducibility, Biometrics 1989; with
variances over N, as in that paper. Both correlations are NaN where they are not defined, that is,
where truths and predictions (CCC) or either of them (Pearson) are all one number.

The modes differ in one thing, a prediction without a number:

strict: it counts as the mean of all truths, which is what the floor "the mean" answers: refusing
what is hard gains no more than saying nothing of it would.

compat: it is left out. The published scripts have none such.
"""

# N samples, K sums: 1, t, p, t², p², t·p, |t - p| of truths t and predictions p about a centre

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting import dimension
from affectlens.evaluation.counting.dimension import Target
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction

_NO_SPREAD = 1e-12  # of the mean square: a variance below is what rounding left of zero


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, and which number."""

    mode: Mode = "strict"
    target: Target = "valence"
    headline: Literal["ccc", "pearson", "mse", "mae", "rmse"] = "ccc"


@dataclass(frozen=True, slots=True)
class Regression:
    """Scores valence or arousal."""

    mode: Mode
    target: Target
    headline: str

    name: ClassVar[str] = "regression"
    numbers: ClassVar[frozenset[str]] = frozenset({"ccc", "pearson", "mse", "mae", "rmse"})
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"mse", "mae", "rmse"})
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = False

    @property
    def reads(self) -> frozenset[str]:
        """Valence or arousal."""
        return frozenset({self.target})

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Sums about the mean of the truths.

        Raises:
            InputError: a truth has no such number.
        """
        pairs = dimension.read(outcomes, self.target, self.mode)
        true_N, said_N = pairs.true_N - pairs.centre, pairs.said_N - pairs.centre
        error_N = np.abs(true_N - said_N)
        ones_N = np.ones_like(true_N)
        sums = (ones_N, true_N, said_N, true_N**2, said_N**2, true_N * said_N, error_N)
        return Tally(
            counts_NK=np.stack(sums, 1) * pairs.counted_N[:, None],
            finish=scores,
            counted_N=pairs.counted_N,
            parsed_N=pairs.parsed_N,
            per_sample={"error": np.where(pairs.counted_N, error_N, np.nan)},
            notes=pairs.notes,
        )

    def perfect(self, truth: Sample) -> Prediction:
        """Its number."""
        return dimension.predicted(truth.id, self.target, dimension.truth(truth, self.target))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The mean of the truths."""
        if not truths:
            return {}
        mean = float(np.mean([dimension.truth(sample, self.target) for sample in truths]))
        return {"the mean": dimension.predicted("", self.target, mean)}


def scores(sums_K: Floats) -> dict[str, Floats]:
    """Scores of sums (..., K)."""
    n, true, said, true2, said2, both, error = np.moveaxis(sums_K, -1, 0)
    true_mean, said_mean = over(true, n), over(said, n)
    true_variance = _variance(true_mean, over(true2, n))
    said_variance = _variance(said_mean, over(said2, n))
    covariance = over(both, n) - true_mean * said_mean
    spread = np.sqrt(true_variance * said_variance)
    mse = np.maximum(over(true2 - 2 * both + said2, n), 0.0)
    return {
        "ccc": over(2 * covariance, true_variance + said_variance + (true_mean - said_mean) ** 2),
        "pearson": np.clip(over(covariance, spread), -1.0, 1.0),
        "mse": mse,
        "mae": over(error, n),
        "rmse": np.sqrt(mse),
    }


def _variance(mean: Floats, mean_square: Floats) -> Floats:
    variance = mean_square - mean**2
    return np.where(variance > _NO_SPREAD * mean_square, variance, 0.0 * mean)


def build(config: Config) -> Metric:
    """The metric of a dimension."""
    return Regression(config.mode, config.target, config.headline)
