"""What each sample contributes to scores: as JSON, and as one CSV that any tool reads."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from affectlens.evaluation.choosing import Chosen
from affectlens.evaluation.metric import Tally
from affectlens.evaluation.outcome import Outcome

Rows = Mapping[str, list[dict[str, Any]]]


def rows(metrics: Sequence[Chosen], outcomes: Sequence[Outcome]) -> Rows:
    """A row per sample, by metric and mode."""
    return {
        f"{one.metric.name}/{one.metric.mode}": _rows(one.metric.tally(outcomes), outcomes)
        for one in metrics
    }


def as_csv(found: Rows) -> str:
    """One header for all metrics; a cell that a metric does not have is empty."""
    heads = dict.fromkeys(name for samples in found.values() for row in samples for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["metric", *heads], restval="", lineterminator="\n")
    writer.writeheader()
    for metric, samples in found.items():
        writer.writerows({"metric": metric, **row} for row in samples)
    return text.getvalue()


def _rows(tally: Tally, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "id": outcome.truth.id,
            "counted": bool(tally.counted_N[place]),
            "parsed": bool(tally.parsed_N[place]),
            **{
                name: None if np.isnan(values_N[place]) else float(values_N[place])
                for name, values_N in tally.per_sample.items()
            },
        }
        for place, outcome in enumerate(outcomes)
    ]
