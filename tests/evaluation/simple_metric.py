"""A metric that is simple enough to be right: the mean of what was predicted, and its inverse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.metrics import classification
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.missing import Missing

LABELS = ("happy", "sad", "angry")


@dataclass(frozen=True)
class Mean:
    """The mean of predicted valences; a prediction without one is left out."""

    name: str = "mean"
    mode: Mode = "strict"
    headline: str = "mean"
    reads: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset({"mean", "inverse"})
    lower_is_better: frozenset[str] = frozenset()
    asks_judge: bool = False
    scores_words: bool = False

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        said = [outcome.prediction.valence for outcome in outcomes]
        known = np.array([not isinstance(value, Missing) for value in said], bool)
        values = np.array([0.0 if isinstance(value, Missing) else value for value in said])
        return Tally(
            counts_NK=np.stack([values, known.astype(float)], 1),
            finish=means,
            counted_N=known,
            parsed_N=known,
        )

    def perfect(self, truth: Sample) -> Prediction:
        assert not isinstance(truth.valence, Missing)
        return Prediction(id=truth.id, valence=truth.valence)

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        return {"always 0": Prediction(id="", valence=0.0)}


def means(sums: Floats) -> dict[str, Floats]:
    return {"mean": sums[..., 0] / sums[..., 1], "inverse": sums[..., 1] / sums[..., 0]}


def labels_metric(**settings: Any) -> Metric:
    """Classification of `LABELS`."""
    return classification.build(classification.Config(space=",".join(LABELS), **settings))


def numbers(values: Sequence[float], **more: Any) -> list[Outcome]:
    """Outcomes of a valence each."""
    return [
        Outcome(
            Sample(id=f"s{i:05}", valence=value, **more),
            Prediction(id=f"s{i:05}", valence=value),
        )
        for i, value in enumerate(values)
    ]


def answered(pairs: Sequence[tuple[str, str | None]], **columns: Sequence[str]) -> list[Outcome]:
    """Outcomes of a true and a given label each; None is a refusal."""
    return [
        Outcome(
            Sample(
                id=f"s{i:05}",
                label=true,
                columns={name: values[i] for name, values in columns.items()},
            ),
            Prediction(id=f"s{i:05}", label=Missing("it refused") if said is None else said),
        )
        for i, (true, said) in enumerate(pairs)
    ]


def guesses(samples: int, right: float, seed: int, *, truths: int = 0) -> list[Outcome]:
    """Labels of which about a share is right; the same `truths` seed gives the same truths."""
    true = np.random.default_rng(truths).choice(LABELS, samples, p=[0.5, 0.3, 0.2])
    rng = np.random.default_rng([seed, 1])
    wrong = {label: [other for other in LABELS if other != label] for label in LABELS}
    return answered(
        [
            (str(label), str(label) if rng.random() < right else str(rng.choice(wrong[str(label)])))
            for label in true
        ]
    )
