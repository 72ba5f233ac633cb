"""Sentiment of CMU-MOSI, CMU-MOSEI and CH-SIMS: weighted F1 (WAF) and accuracy of the sign.

affectgpt-emer.md §2.5. A predicted valence is read by its sign; without one, the label that was
given; without that, the answer. The modes differ:

compat (MER-UniBench): "positive", to the letter, is positive and every other word is not; samples
of valence 0 are left out; scores are of two classes, positive or not. So "neutral", "mixed" and
a refusal are right for whatever is negative.

strict: three classes; valence 0 is neutral and stays. Words count in any case; "mixed", a refusal
and any other word are wrong for all three.
"""

# N samples, K cells of the confusion matrix

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import SENTIMENT3
from affectlens.evaluation.counting import dimension, labelled
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction

_SIGNS = ("not positive", "positive")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score."""

    mode: Mode = "strict"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Scores words of sentiment, or numbers, against valence."""

    mode: Mode

    name: ClassVar[str] = "sentiment"
    reads: ClassVar[frozenset[str]] = frozenset({"valence"})
    headline: ClassVar[str] = "waf"
    numbers: ClassVar[frozenset[str]] = frozenset()
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = True

    @property
    def _classes(self) -> tuple[str, ...]:
        return _SIGNS if self.mode == "compat" else SENTIMENT3.labels

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Cells of the confusion matrix.

        Raises:
            InputError: a truth has no valence.
        """
        true_N = np.array([dimension.truth(outcome.truth, "valence") for outcome in outcomes])
        said = [_word(outcome.prediction) for outcome in outcomes]
        parsed_N = np.array([word is not None for word in said], bool)
        if self.mode == "compat":
            counted_N = true_N != 0
            said = [_published(outcome.prediction) for outcome in outcomes]
            true = [_SIGNS[int(value > 0)] for value in true_N]
        else:
            counted_N = np.ones(len(said), bool)
            true = [_named(value) for value in true_N]
        found = labelled.of(self._classes, true, said)
        zeros = int((~counted_N).sum())
        return Tally(
            counts_NK=found.counts * counted_N[:, None],
            finish=self.scores,
            counted_N=counted_N,
            parsed_N=parsed_N,
            per_sample={"right": np.where(counted_N, found.right, np.nan)},
            details={"confusion": found.confusion(counted_N)},
            notes=(f"{zeros} of {len(said)} samples have valence 0 and are left out.",)
            * (zeros > 0),
        )

    def scores(self, sums_K: Floats) -> dict[str, Floats]:
        """Scores of confusion matrices (..., K)."""
        found = labelled.matrix(sums_K, len(self._classes))
        return {"waf": found.weighted_f1, "accuracy": found.accuracy, "uar": found.uar}

    def perfect(self, truth: Sample) -> Prediction:
        """The word for its valence."""
        return Prediction(id=truth.id, label=_named(dimension.truth(truth, "valence")))

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """Each of the words."""
        del truths
        return {f"always {word}": Prediction(id="", label=word) for word in SENTIMENT3.labels}


def _named(valence: float) -> str:
    return SENTIMENT3.labels[1 + int(np.sign(valence))]


def _word(prediction: Prediction) -> str | None:
    """What was predicted, read strictly."""
    valence = dimension.number(prediction, "valence")
    return labelled.strictly(prediction, SENTIMENT3) if valence is None else _named(valence)


def _published(prediction: Prediction) -> str:
    """What the published script makes of it: whatever is not "positive" is not positive."""
    valence = dimension.number(prediction, "valence")
    if valence is None:
        said = labelled.answered(prediction, str.strip, str.strip)
        return _SIGNS[int(said == "positive")]
    return _SIGNS[int(valence > 0)]


def build(config: Config) -> Metric:
    """The metric."""
    return Sentiment(config.mode)
