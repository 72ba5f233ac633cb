"""Which of two descriptions, a1 or a2, people preferred: weighted F1 (WAF) and accuracy.

Track 3 of MER2026 (affectgpt-emer.md §2.7). A prediction is the label that was given, or, if none
was, the one of the two that the answer names; an answer that names both or none is wrong. What the
challenge's own script does with such answers is not published, so both modes are the same.
"""

# N samples, K cells of the confusion matrix

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting import labelled
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction

PAIR = LabelSpace("preference", ("a1", "a2"))
_NAMED = re.compile(r"(?<![0-9a-z])a[12](?![0-9a-z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score."""

    mode: Mode = "strict"


@dataclass(frozen=True, slots=True)
class Preference:
    """Scores choices of one of two."""

    mode: Mode

    name: ClassVar[str] = "preference"
    reads: ClassVar[frozenset[str]] = frozenset({"label"})
    headline: ClassVar[str] = "waf"
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Cells of the confusion matrix.

        Raises:
            InputError: a truth is neither a1 nor a2.
        """
        true = [labelled.truth(outcome.truth, PAIR) for outcome in outcomes]
        said = [labelled.answered(o.prediction, PAIR.find, _named) for o in outcomes]
        found = labelled.of(PAIR.labels, true, said)
        return Tally(
            counts_NK=found.counts,
            finish=scores,
            counted_N=np.ones(len(outcomes), bool),
            parsed_N=found.parsed_N,
            per_sample={"right": found.right},
            details={"confusion": found.confusion()},
        )

    def perfect(self, truth: Sample) -> Prediction:
        """The one that was preferred."""
        return Prediction(id=truth.id, label=labelled.truth(truth, PAIR))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """Always the one."""
        del truths
        return {f"always {label}": Prediction(id="", label=label) for label in PAIR.labels}


def scores(sums_K: Floats) -> dict[str, Floats]:
    """Scores of confusion matrices (..., K)."""
    found = labelled.matrix(sums_K, len(PAIR.labels))
    return {"waf": found.weighted_f1, "accuracy": found.accuracy}


def _named(answer: str) -> str | None:
    found = set(_NAMED.findall(answer.lower()))
    return found.pop() if len(found) == 1 else None


def build(config: Config) -> Metric:
    """The metric."""
    return Preference(config.mode)
