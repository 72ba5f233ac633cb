"""`Confusion`: how often each label was answered by each, and the scores that follow from it."""

# L labels, A answers; "..." stands for any leading dimensions

from dataclasses import dataclass

import numpy as np

from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows are the true labels, columns the answers: first the labels in their order, then others.

    Others are what is wrong whatever the truth, such as a refusal. Every score has the leading
    dimensions of the counts, and is NaN where no sample is counted. Counts may be fractions.
    """

    counts_LA: Floats  # (..., L, A)

    def __post_init__(self) -> None:
        labels, answers = self.counts_LA.shape[-2:]
        assert answers >= labels, self.counts_LA.shape

    @property
    def truth(self) -> Floats:
        """Samples of each label, (..., L)."""
        sums: Floats = self.counts_LA.sum(-1)
        return sums

    @property
    def right(self) -> Floats:
        """Samples of each label, (..., L), that were answered by it."""
        return np.diagonal(self.counts_LA, axis1=-2, axis2=-1)

    @property
    def answered(self) -> Floats:
        """How often each label was the answer, (..., L)."""
        sums: Floats = self.counts_LA.sum(-2)[..., : self.counts_LA.shape[-2]]
        return sums

    @property
    def accuracy(self) -> Floats:
        """Share of right answers; WAR (weighted average recall) is the same number."""
        return over(self.right.sum(-1), self.truth.sum(-1))

    @property
    def recalls(self) -> Floats:
        """Recall of each label, (..., L); NaN of those without samples."""
        return over(self.right, self.truth)

    @property
    def uar(self) -> Floats:
        """Unweighted average recall: the mean over the labels that have samples."""
        return _mean(self.recalls, self.truth > 0)

    @property
    def weighted_precision(self) -> Floats:
        """Mean of the labels' precisions, weighted by their samples; 0 where never answered."""
        return self._weighted(over(self.right, self.answered, 0.0))

    @property
    def weighted_f1(self) -> Floats:
        """Mean of the labels' F1, weighted by their samples: the score of MER2023 and MER2024."""
        return self._weighted(self._f1)

    @property
    def macro_f1(self) -> Floats:
        """Mean of the F1 of the labels that have samples or were answered, as in scikit-learn."""
        seen_L = self.truth + self.answered > 0
        return np.where(self.truth.sum(-1) > 0, _mean(self._f1, seen_L), np.nan)

    @property
    def _f1(self) -> Floats:
        return over(2 * self.right, self.truth + self.answered, 0.0)

    def _weighted(self, scores_L: Floats) -> Floats:
        return over((self.truth * scores_L).sum(-1), self.truth.sum(-1))


def _mean(scores_L: Floats, seen_L: np.typing.NDArray[np.bool_]) -> Floats:
    return over(np.where(seen_L, scores_L, 0.0).sum(-1), seen_L.sum(-1))
