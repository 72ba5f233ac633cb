"""Labels of a closed set: weighted F1, accuracy (= WAR), UAR, recall of each label.

MER2023 – MER2026 rank by weighted F1 (affectgpt-emer.md §2.7), DFEW by UAR and WAR
(fbp-microemo-dfer.md C.1). The modes differ in what is read of a prediction, and in what becomes of
one without a label:

strict: the label that was given, in any spelling that the space knows; if none was, the label that
the answer names last. No label is a wrong answer of its own.

compat (Emotion-LLaMA's evaluation, emotion-llama.md §3.6): a given label of the space; else the
answer's last word, to the letter. No label counts as "neutral"; in a space without "neutral" it is
wrong, as the published "neutral" would be.
"""

# N samples, K cells of the confusion matrix

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting import labelled
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, and the labels that there are."""

    mode: Mode = "strict"
    space: str = "mer6"  # by name, or labels with commas between them


@dataclass(frozen=True, slots=True)
class Classification:
    """Scores labels of a space."""

    space: LabelSpace
    mode: Mode

    name: ClassVar[str] = "classification"
    reads: ClassVar[frozenset[str]] = frozenset({"label"})
    headline: ClassVar[str] = "weighted_f1"
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Cells of the confusion matrix.

        Raises:
            InputError: a truth has no label, or one outside the space.
        """
        found = labelled.read(outcomes, self.space, self.mode)
        return Tally(
            counts_NK=found.counts,
            finish=self.scores,
            counted_N=np.ones(len(outcomes), bool),
            parsed_N=found.parsed_N,
            per_sample={"right": found.right},
            details={"confusion": found.confusion()},
            notes=found.notes,
        )

    def scores(self, sums_K: Floats) -> dict[str, Floats]:
        """Scores of confusion matrices (..., K)."""
        found = labelled.matrix(sums_K, len(self.space.labels))
        recalls_L = found.recalls
        return {
            "weighted_f1": found.weighted_f1,
            "accuracy": found.accuracy,
            "war": found.accuracy,
            "uar": found.uar,
            "macro_f1": found.macro_f1,
            "weighted_precision": found.weighted_precision,
        } | {f"recall.{label}": recalls_L[..., i] for i, label in enumerate(self.space.labels)}

    def perfect(self, truth: Sample) -> Prediction:
        """Its label."""
        return Prediction(id=truth.id, label=labelled.truth(truth, self.space))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """The most frequent label, and each of the labels."""
        most = labelled.majority(truths, self.space)
        named = {f"always {label}": label for label in self.space.labels}
        return {
            name: Prediction(id="", label=label)
            for name, label in ({"majority": most} | named).items()
            if label is not None
        }


def build(config: Config) -> Metric:
    """The metric of a space.

    Raises:
        ConfigError: there is no such space.
    """
    return Classification(spaces.space(config.space), config.mode)
