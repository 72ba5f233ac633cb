"""`Confusion`: how often each label was answered by each, and the scores that follow from it."""

# L labels

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows are the true labels, columns the answers; every sample has an answer of the labels."""

    labels: tuple[str, ...]
    counts_LL: NDArray[np.int64]

    def __post_init__(self) -> None:
        assert self.counts_LL.shape == (len(self.labels),) * 2, self.counts_LL.shape
        assert self.counts_LL.sum() > 0, "no sample"

    @property
    def accuracy(self) -> float:
        """Share of right answers; WAR (weighted average recall) is the same number."""
        return float(np.trace(self.counts_LL) / self.counts_LL.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """Recall of each label that has samples."""
        truth_L = self.counts_LL.sum(1)
        return {
            label: float(self.counts_LL[i, i] / truth_L[i])
            for i, label in enumerate(self.labels)
            if truth_L[i]
        }

    @property
    def uar(self) -> float:
        """Unweighted average recall: the mean over the labels that have samples."""
        return float(np.mean(list(self.recalls.values())))

    @property
    def weighted_precision(self) -> float:
        """Mean of the labels' precisions, weighted by their samples; 0 where never answered."""
        answered_L = np.maximum(self.counts_LL.sum(0), 1)
        return self._weighted(np.diag(self.counts_LL) / answered_L)

    @property
    def weighted_f1(self) -> float:
        """Mean of the labels' F1, weighted by their samples: the score of MER2023 and MER2024."""
        right_L = np.diag(self.counts_LL)
        either_L = self.counts_LL.sum(0) + self.counts_LL.sum(1)
        return self._weighted(2 * right_L / np.maximum(either_L, 1))

    def _weighted(self, scores_L: NDArray[np.float64]) -> float:
        truth_L = self.counts_LL.sum(1)
        return float((truth_L * scores_L).sum() / truth_L.sum())
