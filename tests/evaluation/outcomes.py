"""Outcomes in one line, for tests of metrics."""

from collections.abc import Sequence
from typing import Any

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Outcome, Prediction


def outcomes(
    truths: Sequence[dict[str, Any]], predictions: Sequence[dict[str, Any]]
) -> list[Outcome]:
    """Samples and predictions of these fields."""
    return [
        Outcome(
            Sample(id=f"clip{i}", place=f"labels.csv, row {i + 2}", **truth),
            Prediction(id=f"clip{i}", **said),
        )
        for i, (truth, said) in enumerate(zip(truths, predictions, strict=True))
    ]
