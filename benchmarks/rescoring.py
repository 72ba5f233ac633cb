"""What it costs to score stored predictions again: `python benchmarks/rescoring.py [SAMPLES]`.

Predictions are written as a run writes them, read back, and scored by each metric that reads them,
with 1000 resamples and floors. The target is 10 s for 10,000 (peers.md §5.3). Nothing is asserted.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import SPACES
from affectlens.evaluation import choosing, outcome, scoring
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.statistics import bootstrap
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.evaluation.statistics.compare import System, compare
from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.records import Ledger

METRICS = ("classification", "calibration", "regression", "hit-rate", "wheel")
LABELS = SPACES["mer6"].labels
_T = TypeVar("_T")


def timed(what: str, work: Callable[[], _T]) -> _T:
    """The result of some work; its seconds are printed, and those of the processor."""
    start, worked = time.perf_counter(), time.process_time()
    result = work()
    told(what, time.perf_counter() - start, time.process_time() - worked)
    return result


def told(what: str, wall_s: float, worked_s: float) -> None:
    """Print a line."""
    print(f"{what:<44} {wall_s:6.2f} s, of the processor {worked_s:6.2f} s", flush=True)


def truths(samples: int) -> list[Sample]:
    """Samples with all that the metrics read."""
    rng = np.random.default_rng(0)
    return [
        Sample(
            id=f"s{i:06}",
            label=str(rng.choice(LABELS)),
            labels=tuple(str(word) for word in rng.choice(LABELS, 3, replace=False)),
            valence=float(rng.normal()),
        )
        for i in range(samples)
    ]


def predictions(samples: list[Sample], seed: int) -> list[Prediction]:
    """Predictions of which more are right than by chance."""
    rng = np.random.default_rng(seed)
    found = []
    for sample in samples:
        assert isinstance(sample.label, str)
        label = sample.label if rng.random() < 0.5 else str(rng.choice(LABELS))
        shares_L = rng.dirichlet(np.where(np.array(LABELS) == label, 4.0, 0.5))
        found.append(
            Prediction(
                id=sample.id,
                label=label,
                labels=tuple(str(word) for word in rng.choice(LABELS, 2, replace=False)),
                probabilities=dict(zip(LABELS, map(float, shares_L), strict=True)),
                valence=float(rng.normal()),
            )
        )
    return found


def written(path: Path, given: list[Prediction]) -> None:
    """The file of a run, all lines at once."""
    lines = [json.dumps(outcome.to_json(one)) + "\n" for one in given]
    path.write_text("".join(lines), encoding="utf-8")


def paired(path: Path, samples: list[Sample]) -> list[Outcome]:
    """Samples with the predictions of a file."""
    read = {one["id"]: one for one in Ledger(path, outcome.SCHEMA).read()}
    return [Outcome(sample, outcome.from_json(read[sample.id])) for sample in samples]


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="?", type=int, default=10_000)
    count = parser.parse_args().samples
    counts_NK = np.random.default_rng(0).random((count, 200))
    timed(
        "1000 resamples of 200 counts, none alike",
        lambda: list(bootstrap.sums(counts_NK, Draws())),
    )
    samples = truths(count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        written(path, predictions(samples, 1))
        start, worked = time.perf_counter(), time.process_time()
        outcomes = timed(f"read {count} predictions", lambda: paired(path, samples))
    for name in METRICS:
        try:
            chosen = choosing.choose([name])[0]
            work = partial(scoring.score, chosen.metric, outcomes, settings=chosen.settings)
            timed(f"score {name}", work)
        except AffectlensError as error:
            print(f"score {name}: {error}")
    told("together", time.perf_counter() - start, time.process_time() - worked)
    others = [Outcome(s, p) for s, p in zip(samples, predictions(samples, 2), strict=True)]
    metrics = [one.metric for one in choosing.choose(METRICS[:3])]
    timed(
        "compare by classification … regression",
        lambda: compare(metrics, System("A", outcomes), System("B", others)),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
