"""Whether probabilities say how often they are right: ECE, Brier score, log loss.

ECE: Guo et al., On Calibration of Modern Neural Networks, 2017, bins (low, high] of equal width.
Brier (1950): squared distance to the truth over all labels, 0-2. Log loss in nats; a probability of
zero counts as the smallest step of a float, as in scikit-learn. What lies on labels outside the
space is one more answer, which is wrong. The modes differ in one thing, a prediction without
probabilities (or with some that are negative or do not sum to 1):

strict: it counts as even probabilities and a wrong answer: it said nothing.

compat: it is left out.
"""

# N samples, L labels, P: labels, then whatever is no label; B bins
# K: per bin samples, confidence, right ones (three times B); then squared distance and log loss

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting import labelled
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

_SUM_WITHIN = 1e-3  # of 1: probabilities are often stored with three digits
_LEAST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score, the labels that there are, and the bins of ECE."""

    mode: Mode = "strict"
    space: str = "mer6"  # by name, or labels with commas between them
    bins: int = 15

    def __post_init__(self) -> None:
        if self.bins < 1:
            raise ConfigError(f"calibration.bins is at least 1, got {self.bins}.")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores probabilities of the labels of a space."""

    space: LabelSpace
    mode: Mode
    bins: int

    name: ClassVar[str] = "calibration"
    reads: ClassVar[frozenset[str]] = frozenset({"label"})
    headline: ClassVar[str] = "brier"  # the priors have an ECE of 0 and know nothing
    numbers: ClassVar[frozenset[str]] = frozenset({"brier", "nll"})
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"ece", "brier", "nll"})
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = False

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Bins, squared distances and log losses.

        Raises:
            InputError: a truth has no label, or one outside the space.
        """
        labels = self.space.labels
        index = {label: i for i, label in enumerate(labels)}
        true_N = np.array([index[labelled.truth(o.truth, self.space)] for o in outcomes], int)
        rows = [_probabilities(outcome.prediction, self.space) for outcome in outcomes]
        parsed_N = np.array([row is not None for row in rows], bool)
        nothing = [1 / len(labels)] * len(labels) + [0.0]
        p_NP = np.array([row or nothing for row in rows], float).reshape(-1, len(labels) + 1)
        right_N = (p_NP.argmax(1) == true_N) & parsed_N
        counted_N = parsed_N if self.mode == "compat" else np.ones(len(rows), bool)
        brier_N = ((p_NP - np.eye(len(labels) + 1)[true_N]) ** 2).sum(1)
        told_N = p_NP[np.arange(len(rows)), true_N]
        nll_N = -np.log(np.clip(told_N, _LEAST, 1.0))
        binned_NK = self._binned(p_NP.max(1), right_N)
        counts_NK = np.column_stack([binned_NK, brier_N, nll_N]) * counted_N[:, None]
        unread = int((~parsed_N).sum())
        fate = "count as even ones and as wrong" if self.mode == "strict" else "are left out"
        return Tally(
            counts_NK=counts_NK,
            finish=self.scores,
            counted_N=counted_N,
            parsed_N=parsed_N,
            per_sample={"brier": np.where(counted_N, brier_N, np.nan)},
            details={"reliability": self._reliability(counts_NK.sum(0))},
            notes=(f"{unread} of {len(rows)} predictions have no probabilities and {fate}.",)
            * (unread > 0),
        )

    def _binned(self, confidence_N: Floats, right_N: NDArray[np.bool_]) -> Floats:
        # The first bin holds its lower edge too; rounding may not lift a value over an edge.
        bin_N = np.clip(np.ceil(confidence_N * self.bins - 1e-9).astype(int) - 1, 0, self.bins - 1)
        in_NB = np.eye(self.bins)[bin_N]
        return np.concatenate(
            [in_NB, in_NB * confidence_N[:, None], in_NB * right_N[:, None]], axis=1
        )

    def scores(self, sums_K: Floats) -> dict[str, Floats]:
        """Scores of sums (..., K)."""
        samples_B, confidence_B, right_B = self._parts(sums_K)
        n = samples_B.sum(-1)
        return {
            "ece": over(np.abs(right_B - confidence_B).sum(-1), n),
            "brier": over(sums_K[..., -2], n),
            "nll": over(sums_K[..., -1], n),
            "accuracy": over(right_B.sum(-1), n),
            "confidence": over(confidence_B.sum(-1), n),
        }

    def _parts(self, sums_K: Floats) -> tuple[Floats, Floats, Floats]:
        bins = self.bins
        return sums_K[..., :bins], sums_K[..., bins : 2 * bins], sums_K[..., 2 * bins : 3 * bins]

    def _reliability(self, sums_K: Floats) -> list[dict[str, Any]]:
        """For reports; what an empty bin has not is None."""
        parts = zip(*self._parts(sums_K), strict=True)
        return [
            {
                "low": i / self.bins,
                "high": (i + 1) / self.bins,
                "confidence": float(confidence / samples) if samples else None,
                "accuracy": float(right / samples) if samples else None,
                "samples": int(samples),
            }
            for i, (samples, confidence, right) in enumerate(parts)
        ]

    def perfect(self, truth: Sample) -> Prediction:
        """All on its label."""
        right = labelled.truth(truth, self.space)
        shares = {label: float(label == right) for label in self.space.labels}
        return Prediction(id=truth.id, label=right, probabilities=shares)

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """How often each label is the truth."""
        true = [labelled.truth(sample, self.space) for sample in truths]
        shares = {label: true.count(label) / max(len(true), 1) for label in self.space.labels}
        return {"priors": Prediction(id="", probabilities=shares)} if true else {}


def _probabilities(prediction: Prediction, space: LabelSpace) -> list[float] | None:
    """Of each label, then of all that is none; None where they cannot be used."""
    given = prediction.probabilities
    if prediction.failure is not None or isinstance(given, Missing):
        return None
    found = dict.fromkeys(space.labels, 0.0)
    other = 0.0
    for word, p in given.items():
        if not p >= 0:  # negative, or NaN
            return None
        label = space.find(word)
        if label is None:
            other += p
        else:
            found[label] += p
    total = sum(found.values()) + other
    return [*found.values(), other] if abs(total - 1) <= _SUM_WITHIN else None


def build(config: Config) -> Metric:
    """The metric of a space.

    Raises:
        ConfigError: there is no such space.
    """
    return Calibration(spaces.space(config.space), config.mode, config.bins)
