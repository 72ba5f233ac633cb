"""How many claims of the explanations the clues bear out; no truth is needed.

Read are `claims`, counts of claims by status: supported, unsupported, unchecked (nothing that a
clue could confirm or deny). "grounding" is supported / (supported + unsupported), summed over all
samples. "unsupported" is its share of all claims, "checkable" the share of claims that clues can
confirm or deny, "claims" their number per sample, "explained" the share of samples that have any.

An explanation without a checkable claim asserts nothing, so it must not look well grounded.
strict: such a sample, and one without an explanation, counts as one unsupported claim in
"grounding": saying nothing scores 0. compat: it counts for nothing in "grounding", as in the
reports of `affectlens analyze`; if no sample has a checkable claim, there is no score.
"""

# N samples, K counts of a sample: supported, unsupported, unchecked, barren, explained, 1

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.asking.claims import counted
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats, Metric, Mode, Tally
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

STATUSES = tuple(counted(()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How to score."""

    mode: Mode = "strict"


@dataclass(frozen=True, slots=True)
class Grounding:
    """Scores explanations by what the clues say of their claims."""

    mode: Mode

    name: ClassVar[str] = "grounding"
    reads: ClassVar[frozenset[str]] = frozenset()
    headline: ClassVar[str] = "grounding"
    numbers: ClassVar[frozenset[str]] = frozenset({"claims"})
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"unsupported"})
    asks_judge: ClassVar[bool] = False
    scores_words: ClassVar[bool] = False

    def tally(self, outcomes: Sequence[Outcome]) -> Tally:
        """Claims by status.

        Raises:
            InputError: claims of a prediction are no counts by status.
        """
        found = [_claims(outcome.prediction) for outcome in outcomes]
        claims = np.array([claims or (0, 0, 0) for claims in found], float).reshape(-1, 3)
        checked = claims[:, :2].sum(1)
        columns = [claims, checked[:, None] == 0, claims.sum(1, keepdims=True) > 0]
        return Tally(
            counts_NK=np.concatenate([*columns, np.ones((len(found), 1))], 1).astype(float),
            finish=partial(scores, strict=self.mode == "strict"),
            counted_N=np.ones(len(found), bool),
            parsed_N=np.array([claims is not None for claims in found], bool),
            per_sample={
                "grounding": over(claims[:, 0], checked, 0.0 if self.mode == "strict" else np.nan)
            },
        )

    def perfect(self, truth: Sample) -> Prediction:
        """Nothing: what people wrote was not checked against clues, and no truth is needed."""
        return Prediction(id=truth.id)

    def constants(self, truths: Sequence[Sample]) -> Mapping[str, Prediction]:
        """None: whether a sentence is borne out depends on the clip that it is said of."""
        del truths
        return {}


def scores(sums: Floats, *, strict: bool) -> dict[str, Floats]:
    """Scores of sums (..., K)."""
    supported, unsupported, unchecked, barren, explained, samples = np.moveaxis(sums, -1, 0)
    checked = supported + unsupported
    claims = checked + unchecked
    return {
        "grounding": over(supported, checked + barren * strict),
        "unsupported": over(unsupported, claims),
        "checkable": over(checked, claims),
        "claims": over(claims, samples),
        "explained": over(explained, samples),
    }


def build(config: Config) -> Metric:
    """The metric."""
    return Grounding(config.mode)


def _claims(prediction: Prediction) -> tuple[float, ...] | None:
    """Claims by status; None where there is no explanation to count them in."""
    claims = prediction.claims
    if prediction.failure is not None or isinstance(claims, Missing):
        return None
    wrong = [name for name, n in claims.items() if name not in STATUSES or not _is_count(n)]
    if wrong:
        raise InputError(
            f"The prediction of {prediction.id!r}: wanted counts of claims by "
            f"{', '.join(STATUSES)}; found {dict(claims)}."
        )
    return tuple(float(claims.get(status, 0)) for status in STATUSES)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
