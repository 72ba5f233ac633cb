"""`Labelled`: the label of each sample and the one it was given, cells of a confusion matrix."""

# N samples, L labels, A answers: the labels, then "no label"

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting.confusion import Confusion
from affectlens.evaluation.metric import Floats, Mode
from affectlens.evaluation.outcome import NOT_GIVEN, Outcome, Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.model import parsing

NONE = "no label"  # the last column's name


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The true label and the answer of each sample, as indices."""

    labels: tuple[str, ...]
    true_N: NDArray[np.int64]
    said_N: NDArray[np.int64]  # the number of labels: no label
    parsed_N: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Floats:
        """One cell per sample, (N, K); `matrix` reads sums of them."""
        samples, width = len(self.true_N), len(self.labels) * (len(self.labels) + 1)
        counts_NK = np.zeros((samples, width))
        counts_NK[np.arange(samples), self.true_N * (len(self.labels) + 1) + self.said_N] = 1
        return counts_NK

    @property
    def right(self) -> Floats:
        """1 where the answer is the truth, else 0, (N,)."""
        return np.asarray(self.true_N == self.said_N, float)

    def confusion(self, counted_N: NDArray[np.bool_] | None = None) -> dict[str, Any]:
        """For reports: labels (rows), answers (columns), counts row by row."""
        rows_NK = self.counts if counted_N is None else self.counts[counted_N]
        counts_LA = matrix(rows_NK.sum(0), len(self.labels)).counts_LA
        answers = [*self.labels, NONE]
        return {
            "labels": list(self.labels),
            "answers": answers if counts_LA[:, -1].any() else answers[:-1],
            "counts": [
                [int(n) for n in (row if counts_LA[:, -1].any() else row[:-1])] for row in counts_LA
            ],
        }


def matrix(sums_K: Floats, labels: int) -> Confusion:
    """The confusion matrices of sums (..., K) of `Labelled.counts`."""
    return Confusion(sums_K.reshape(*sums_K.shape[:-1], labels, labels + 1))


def of(labels: Sequence[str], true: Sequence[str], said: Sequence[str | None]) -> Labelled:
    """Labels by name; None is no label."""
    index = {name: i for i, name in enumerate(labels)}
    none = len(labels)
    return Labelled(
        tuple(labels),
        np.array([index[name] for name in true], np.int64),
        np.array([none if name is None else index[name] for name in said], np.int64),
        np.array([name is not None for name in said], bool),
    )


def read(outcomes: Sequence[Outcome], space: LabelSpace, mode: Mode) -> Labelled:
    """Labels of a space, by the rules that `metrics/classification.py` tells.

    Raises:
        InputError: a truth has no label, or one outside the space.
    """
    true = [truth(outcome.truth, space) for outcome in outcomes]
    if mode == "strict":
        return of(space.labels, true, [strictly(o.prediction, space) for o in outcomes])
    said = [to_the_letter(outcome.prediction, space) for outcome in outcomes]
    found = of(space.labels, true, said)
    unread = int((~found.parsed_N).sum())
    if unread == 0 or "neutral" not in space.labels:
        return found
    neutral = space.labels.index("neutral")
    return replace(
        found,
        said_N=np.where(found.parsed_N, found.said_N, neutral),
        notes=(f"{unread} of {len(said)} predictions have no label and count as neutral.",),
    )


def truth(sample: Sample, space: LabelSpace) -> str:
    """The label of a sample in the space's spelling.

    Raises:
        InputError: it has none, or one that is not of the space.
    """
    if isinstance(sample.label, Missing):
        raise InputError(f"{where(sample)} has no label: {sample.label}.")
    found = space.find(sample.label)
    if found is None:
        raise InputError(
            f"{where(sample)}: {sample.label!r} is no label of {space.name}, which has: "
            f"{', '.join(space.labels)}."
        )
    return found


def where(sample: Sample) -> str:
    """A sample for people: its place in a file, and its id."""
    return f"{sample.place} ({sample.id})" if sample.place else sample.id


def answered(
    prediction: Prediction,
    label: Callable[[str], str | None],
    answer: Callable[[str], str | None],
) -> str | None:
    """What `label` makes of the label that was given, else `answer` of the answer; None: no label.

    A label that is Missing for a reason, such as an abstention, stays so: it is not looked for in
    the answer once more.
    """
    if prediction.failure is not None:
        return None
    if prediction.label != NOT_GIVEN:
        return None if isinstance(prediction.label, Missing) else label(prediction.label)
    return None if isinstance(prediction.answer, Missing) else answer(prediction.answer)


def strictly(prediction: Prediction, space: LabelSpace) -> str | None:
    """The label that was given if the space knows it; if none was, the answer's last label."""
    return answered(prediction, space.find, lambda answer: _or_none(parsing.label(answer, space)))


def to_the_letter(prediction: Prediction, space: LabelSpace) -> str | None:
    """A given label of the space, else the answer's last word if it is one, both to the letter.

    This is how Emotion-LLaMA's evaluation reads (spec §3.6).
    """
    if prediction.failure is not None:
        return None
    if prediction.label in space.labels:
        return str(prediction.label)
    if isinstance(prediction.answer, Missing):
        return None
    return _or_none(parsing.label(prediction.answer, space, strict=True))


def majority(truths: Sequence[Sample], space: LabelSpace) -> str | None:
    """The most frequent label, the first of the space where several are; None without samples."""
    counts = Counter(truth(sample, space) for sample in truths)
    return max(space.labels, key=lambda label: counts[label]) if counts else None


def _or_none(found: str | Missing) -> str | None:
    return None if isinstance(found, Missing) else found
