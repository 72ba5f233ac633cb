"""The combined score of MER2023 is its F1 less a quarter of its squared error."""

from typing import Any

import pytest
from sklearn import metrics
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metric import Mode
from affectlens.evaluation.metrics.mer2023 import Config, build
from affectlens.foundation.errors import InputError

LABELS = ["happy", "sad", "sad", "angry"]
SAID = ["happy", "sad", "angry", "neutral"]
TRUE = [2.0, -1.0, -2.0, -3.0]
TRUTHS = [{"label": label, "valence": t} for label, t in zip(LABELS, TRUE, strict=True)]


def test_combined_is_f1_less_a_quarter_of_the_squared_error() -> None:
    said = [{"label": label, "valence": t + 1} for label, t in zip(SAID, TRUE, strict=True)]
    found = build(Config()).tally(outcomes(TRUTHS, said)).scores()
    f1 = metrics.f1_score(LABELS, SAID, average="weighted", zero_division=0)
    assert found["weighted_f1"] == pytest.approx(f1)
    assert found["mse"] == pytest.approx(1)
    assert found["combined"] == pytest.approx(f1 - 0.25)


@pytest.mark.parametrize(("mode", "mse"), [("strict", (9 + 0 + 1 + 0) / 4), ("compat", 0.0)])
def test_a_label_without_a_valence_still_counts(mode: Mode, mse: float) -> None:
    mean = sum(TRUE) / 4
    said: list[dict[str, Any]] = [
        {"label": "happy"},
        {"valence": -1.0},
        {"label": "sad"},
        {"valence": -3.0},
    ]
    tally = build(Config(mode=mode)).tally(outcomes(TRUTHS, said))
    assert mean == -1
    assert tally.scores()["accuracy"] == 0.5
    assert tally.scores()["mse"] == pytest.approx(mse)
    assert tally.counted_N.all()
    assert not tally.parsed_N.any()


def test_a_clip_without_a_valence_is_told_by_its_row() -> None:
    with pytest.raises(InputError, match=r"row 2 \(clip0\) has no valence"):
        build(Config()).tally(outcomes([{"label": "sad"}], [{}]))
