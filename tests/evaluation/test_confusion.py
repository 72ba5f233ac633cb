"""Scores follow from counts as the published ones did, and as scikit-learn has them."""

# L labels, A answers, B stacked matrices

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from affectlens.evaluation.counting.confusion import Confusion


def of(*rows: str) -> Confusion:
    return Confusion(np.array([[float(n) for n in row.split()] for row in rows]))


# The official result file of Emotion-LLaMA's checkpoint_best on MER2023-SEMI (spec §6.2): angry,
# happy, neutral, sad, surprise, worried.
OFFICIAL = of(
    "179 1 2 1 0 0",
    "2 152 7 4 3 1",
    "10 10 134 6 2 4",
    "2 2 1 250 0 2",
    "1 0 3 1 6 3",
    "4 1 3 2 1 34",
)
# Two matrices that users printed (fbp-microemo-dfer.md C.5).
FIRST = of(
    "172 1 6 2 0 2",
    "0 154 10 3 1 1",
    "7 11 135 5 1 7",
    "1 4 1 248 0 3",
    "1 0 1 3 5 4",
    "4 1 3 6 0 31",
)
SECOND = of(
    "153 1 2 22 0 5",
    "0 147 10 7 4 1",
    "4 16 107 24 1 14",
    "1 1 0 254 0 1",
    "1 0 0 8 3 2",
    "3 1 1 18 0 22",
)
# DFEW's clips per class, and recalls in percent with the UAR and WAR of the papers (C.1, C.2).
DFEW = (2445, 1894, 2669, 2173, 1469, 145, 902)
PEERS = {
    "EC-STFL": ("79.18 49.05 57.85 60.98 46.15 2.76 21.51", 45.35, 56.51),
    "Former-DFER": ("84.05 62.57 67.52 70.03 56.43 3.45 31.78", 53.69, 65.70),
    "IAL": ("87.95 67.21 70.10 76.06 62.22 0.00 26.44", 55.71, 69.25),
    "VideoMAE": ("93.09 78.78 71.75 78.74 63.44 17.93 41.46", 63.60, 74.60),
    "MAE-DFER": ("92.92 77.46 74.56 76.94 60.99 18.62 42.35", 63.41, 74.43),
    "always neutral": ("0 0 100 0 0 0 0", 14.29, 22.82),
}


def test_the_published_scores_follow_from_the_published_counts() -> None:
    assert OFFICIAL.weighted_f1 == pytest.approx(0.9035772132511264, abs=1e-12)
    assert OFFICIAL.accuracy == pytest.approx(0.9052757793764988, abs=1e-12)
    assert OFFICIAL.weighted_precision == pytest.approx(0.9036254851540454, abs=1e-12)
    assert OFFICIAL.uar == pytest.approx(0.8069, abs=5e-5)
    assert OFFICIAL.recalls == pytest.approx([0.978, 0.899, 0.807, 0.973, 0.429, 0.756], abs=5e-4)


@pytest.mark.parametrize(
    ("found", "accuracy", "uar", "precision", "weighted", "macro"),
    [
        (FIRST, 0.893285, 0.779233, 0.891807, 0.891230, 0.794766),
        (SECOND, 0.822542, 0.673661, 0.831878, 0.817672, 0.689242),
    ],
)
def test_matrices_that_users_printed_give_what_they_printed(
    found: Confusion, accuracy: float, uar: float, precision: float, weighted: float, macro: float
) -> None:
    assert found.accuracy == pytest.approx(accuracy, abs=5e-7)
    assert found.uar == pytest.approx(uar, abs=5e-7)
    assert found.weighted_precision == pytest.approx(precision, abs=5e-7)
    assert found.weighted_f1 == pytest.approx(weighted, abs=5e-7)
    assert found.macro_f1 == pytest.approx(macro, abs=5e-7)


@pytest.mark.parametrize("peer", PEERS)
def test_recalls_of_dfew_papers_give_their_uar_and_war(peer: str) -> None:
    recalls, uar, war = PEERS[peer]
    recalls_L = np.array([float(recall) for recall in recalls.split()]) / 100
    counts_LA = np.diag(recalls_L * DFEW)
    wrong_L = (1 - recalls_L) * DFEW
    found = Confusion(np.column_stack([counts_LA, wrong_L]))
    assert 100 * found.uar == pytest.approx(uar, abs=0.006)
    assert 100 * found.accuracy == pytest.approx(war, abs=0.006)


def pairs(counts_LA: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """True and answered labels that give these counts."""
    found = [(i, j) for (i, j), n in np.ndenumerate(counts_LA) for _ in range(int(n))]
    return [i for i, _ in found], [j for _, j in found]


def drawn(seed: int) -> NDArray[np.float64]:
    """Four labels; the fifth answer is none of them."""
    counts_LA = np.random.default_rng(seed).integers(0, 6, (4, 5)).astype(float)
    if seed:
        counts_LA[seed % 4] = 0  # a label without samples
    if seed == 4:
        counts_LA[:, 3] = 0  # one that is never answered
    if seed % 2:
        counts_LA[:, 4] = 0  # nobody refuses
    return counts_LA


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    found = Confusion(drawn(seed))
    true, said = pairs(found.counts_LA)
    weighted = {"average": "weighted", "zero_division": 0}
    assert found.weighted_f1 == pytest.approx(metrics.f1_score(true, said, **weighted))
    precision = metrics.precision_score(true, said, **weighted)
    assert found.weighted_precision == pytest.approx(precision)
    recalls = metrics.recall_score(true, said, labels=sorted(set(true)), average="macro")
    assert found.uar == pytest.approx(recalls)
    labels = sorted({*true, *said} - {4})
    assert found.macro_f1 == pytest.approx(
        metrics.f1_score(true, said, labels=labels, average="macro", zero_division=0)
    )
    assert found.accuracy == pytest.approx(metrics.accuracy_score(true, said))


def test_stacked_matrices_are_scored_each_on_its_own() -> None:
    matrices = [drawn(seed) for seed in range(5)]
    stacked = Confusion(np.stack(matrices)[None])
    for name in ("accuracy", "uar", "weighted_precision", "weighted_f1", "macro_f1"):
        alone = [float(getattr(Confusion(counts_LA), name)) for counts_LA in matrices]
        assert getattr(stacked, name)[0] == pytest.approx(alone)
    assert stacked.recalls.shape == (1, 5, 4)


def test_no_sample_gives_no_score() -> None:
    nothing = Confusion(np.zeros((2, 3)))
    for name in ("accuracy", "uar", "weighted_precision", "weighted_f1", "macro_f1"):
        assert np.isnan(getattr(nothing, name))
    assert np.isnan(nothing.recalls).all()


def test_twice_the_samples_of_one_label_leave_uar_and_change_war() -> None:
    twice = Confusion(OFFICIAL.counts_LA * np.array([[2.0], [1], [1], [1], [1], [1]]))
    assert twice.uar == pytest.approx(OFFICIAL.uar)
    assert twice.accuracy != pytest.approx(OFFICIAL.accuracy)
