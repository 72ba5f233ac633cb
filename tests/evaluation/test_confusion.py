"""Scores follow from counts as the published ones did, and as scikit-learn has them."""

# L labels

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from affectlens.evaluation.confusion import Confusion

# The official result file of Emotion-LLaMA's checkpoint_best on MER2023-SEMI (spec §6.2).
LABELS = ("angry", "happy", "neutral", "sad", "surprise", "worried")
OFFICIAL = Confusion(
    LABELS,
    np.array(
        [
            [179, 1, 2, 1, 0, 0],
            [2, 152, 7, 4, 3, 1],
            [10, 10, 134, 6, 2, 4],
            [2, 2, 1, 250, 0, 2],
            [1, 0, 3, 1, 6, 3],
            [4, 1, 3, 2, 1, 34],
        ]
    ),
)


def test_the_published_scores_follow_from_the_published_counts() -> None:
    assert OFFICIAL.weighted_f1 == pytest.approx(0.9035772132511264, abs=1e-12)
    assert OFFICIAL.accuracy == pytest.approx(0.9052757793764988, abs=1e-12)
    assert OFFICIAL.weighted_precision == pytest.approx(0.9036254851540454, abs=1e-12)
    assert OFFICIAL.uar == pytest.approx(0.8069, abs=5e-5)
    assert [round(recall, 3) for recall in OFFICIAL.recalls.values()] == [
        0.978, 0.899, 0.807, 0.973, 0.429, 0.756,
    ]  # fmt: skip


def pairs(counts_LL: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """True and answered labels that give these counts."""
    found = [(i, j) for (i, j), n in np.ndenumerate(counts_LL) for _ in range(int(n))]
    return [i for i, _ in found], [j for _, j in found]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    counts_LL = np.random.default_rng(seed).integers(0, 6, (4, 4))
    counts_LL[seed % 4] = 0 if seed else counts_LL[0]  # a label without samples
    counts_LL[:, 3] = 0 if seed == 4 else counts_LL[:, 3]  # one that is never answered
    found = Confusion(("a", "b", "c", "d"), counts_LL)
    true, said = pairs(counts_LL)
    weighted = {"average": "weighted", "zero_division": 0}
    assert found.weighted_f1 == pytest.approx(metrics.f1_score(true, said, **weighted))
    assert found.weighted_precision == pytest.approx(
        metrics.precision_score(true, said, **weighted)
    )
    recalls = metrics.recall_score(true, said, labels=sorted(set(true)), average="macro")
    assert found.uar == pytest.approx(recalls)
