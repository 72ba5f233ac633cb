"""`Pairs`: true and predicted valence or arousal of samples."""

# N samples

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting.labelled import where
from affectlens.evaluation.metric import Floats, Mode
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

Target = Literal["valence", "arousal"]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Numbers in the order of the samples."""

    true_N: Floats
    said_N: Floats  # the centre where nothing was predicted
    centre: float  # the mean of the truths
    parsed_N: NDArray[np.bool_]
    counted_N: NDArray[np.bool_]
    notes: tuple[str, ...]


def read(outcomes: Sequence[Outcome], target: Target, mode: Mode) -> Pairs:
    """Numbers by the rules that `metrics/regression.py` tells.

    Raises:
        InputError: a truth has no such number.
    """
    true_N = np.array([truth(outcome.truth, target) for outcome in outcomes], float)
    centre = float(true_N.mean()) if len(true_N) else 0.0
    said = [number(outcome.prediction, target) for outcome in outcomes]
    parsed_N = np.array([value is not None for value in said], bool)
    unread = int((~parsed_N).sum())
    fate = "count as the mean of the truths" if mode == "strict" else "are left out"
    return Pairs(
        true_N=true_N,
        said_N=np.array([centre if value is None else value for value in said], float),
        centre=centre,
        parsed_N=parsed_N,
        counted_N=parsed_N if mode == "compat" else np.ones(len(said), bool),
        notes=(f"{unread} of {len(said)} predictions have no {target} and {fate}.",) * (unread > 0),
    )


def truth(sample: Sample, target: Target) -> float:
    """The number of a sample.

    Raises:
        InputError: it has none.
    """
    value = sample.valence if target == "valence" else sample.arousal
    if isinstance(value, Missing):
        raise InputError(f"{where(sample)} has no {target}: {value}.")
    if not np.isfinite(value):
        raise InputError(f"{where(sample)}: wanted a {target}, found {value}.")
    return float(value)


def number(prediction: Prediction, target: Target) -> float | None:
    """The number that was predicted, or None."""
    value = prediction.valence if target == "valence" else prediction.arousal
    if prediction.failure is not None or isinstance(value, Missing) or not np.isfinite(value):
        return None
    return float(value)


def predicted(id_: str, target: Target, value: float) -> Prediction:
    """A prediction of a number."""
    if target == "valence":
        return Prediction(id=id_, valence=value)
    return Prediction(id=id_, arousal=value)
