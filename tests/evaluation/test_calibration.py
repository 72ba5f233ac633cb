"""Probabilities are scored by what they promise."""

# N samples, L labels

from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metric import Mode, Tally
from affectlens.evaluation.metrics.calibration import Config, build
from affectlens.foundation.errors import ConfigError

LABELS = ("happy", "sad", "angry")


def tallied(
    true: list[str], said: list[dict[str, float] | None], mode: Mode = "strict", bins: int = 15
) -> Tally:
    predictions: list[dict[str, Any]] = [{} if p is None else {"probabilities": p} for p in said]
    config = Config(mode=mode, space=",".join(LABELS), bins=bins)
    return build(config).tally(outcomes([{"label": t} for t in true], predictions))


def test_scores_are_those_of_the_definitions() -> None:
    rng = np.random.default_rng(1)
    p_NL = rng.dirichlet(np.ones(3), 60)
    true_N = rng.integers(0, 3, 60)
    said: list[dict[str, float] | None] = [dict(zip(LABELS, row, strict=True)) for row in p_NL]
    found = tallied([LABELS[i] for i in true_N], said, bins=10).scores()
    confidence_N, right_N = p_NL.max(1), p_NL.argmax(1) == true_N
    ece = 0.0
    for low in range(10):
        inside_N = (confidence_N > low / 10) & (confidence_N <= (low + 1) / 10)
        if inside_N.any():
            gap = abs(right_N[inside_N].mean() - confidence_N[inside_N].mean())
            ece += inside_N.mean() * gap
    assert found["ece"] == pytest.approx(ece)
    assert found["brier"] == pytest.approx(((p_NL - np.eye(3)[true_N]) ** 2).sum(1).mean())
    assert found["nll"] == pytest.approx(metrics.log_loss(true_N, p_NL, labels=[0, 1, 2]))
    assert found["accuracy"] == pytest.approx(right_N.mean())
    assert found["confidence"] == pytest.approx(confidence_N.mean())


def test_the_reliability_plot_has_a_row_per_bin_low_edge_excluded() -> None:
    said: list[dict[str, float] | None] = [
        {"happy": 0.6, "sad": 0.4},
        {"happy": 0.61, "sad": 0.39},
        {"happy": 1.0},
    ]
    bins = tallied(["happy", "sad", "happy"], said, bins=5).details["reliability"]
    assert [row["samples"] for row in bins] == [0, 0, 1, 1, 1]
    assert bins[2] == {
        "low": 0.4, "high": 0.6, "confidence": pytest.approx(0.6), "accuracy": 1.0, "samples": 1,
    }  # fmt: skip
    assert bins[0]["confidence"] is None


def test_other_spellings_and_labels_outside_the_space_are_counted_as_what_they_are() -> None:
    found = tallied(["happy"], [{"happiness": 0.3, "bored": 0.7}]).scores()
    assert found["accuracy"] == 0
    assert found["confidence"] == pytest.approx(0.7)
    assert found["brier"] == pytest.approx(0.7**2 + 0.7**2)


@pytest.mark.parametrize(
    "said", [None, {"happy": 98.0, "sad": 2.0}, {"happy": 1.5, "sad": -0.5}, {}]
)
def test_without_probabilities_it_said_nothing(said: dict[str, float] | None) -> None:
    strict = tallied(["happy", "sad"], [said, {"sad": 1.0}])
    assert strict.parsed_N.tolist() == [False, True]
    assert "1 of 2 predictions" in strict.notes[0]
    found = strict.scores()
    assert found["accuracy"] == 0.5
    assert found["brier"] == pytest.approx((1 - 1 / 3) / 2)
    assert found["nll"] == pytest.approx(np.log(3) / 2)
    compat = tallied(["happy", "sad"], [said, {"sad": 1.0}], "compat")
    assert compat.counted_N.tolist() == [False, True]
    assert compat.scores()["brier"] == 0


def test_certainty_in_a_wrong_label_has_a_finite_loss() -> None:
    assert tallied(["happy"], [{"sad": 1.0}]).scores()["nll"] == pytest.approx(36.04, abs=0.01)


def test_the_constant_is_how_often_each_label_is_true() -> None:
    made = outcomes([{"label": "sad"}, {"label": "sad"}, {"label": "happy"}], [{}] * 3)
    metric = build(Config(space=",".join(LABELS)))
    (priors,) = metric.constants([outcome.truth for outcome in made]).values()
    assert priors.probabilities == {"happy": 1 / 3, "sad": 2 / 3, "angry": 0.0}


def test_bins_are_at_least_one() -> None:
    with pytest.raises(ConfigError, match="bins"):
        Config(bins=0)
