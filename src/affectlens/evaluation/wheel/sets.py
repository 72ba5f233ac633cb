"""`Sets`: label sets as their clusters, and how well one covers another."""

# N samples, U unlike pairs, M mappings, 3 sums of a mapping: precision, recall, samples

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting.quotient import over
from affectlens.evaluation.metric import Floats
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel.label_set import label_set
from affectlens.evaluation.wheel.mapping import Mappings
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

Labels = frozenset[str]
Bits = tuple[int, ...]  # of each mapping, a number with a bit for each cluster

NEUTRAL = "neutral"


class Sets:
    """Label sets by the clusters of several mappings; what was looked up once is kept.

    A word without a cluster is dropped; if `strict`, it is a cluster of its own (with the other
    forms of its stem, where the tables know that).
    """

    def __init__(self, tables: Mappings, names: Sequence[str], *, strict: bool) -> None:
        self.names = tuple(names)
        self.strict = strict
        self.tables = tables
        self._bits: list[dict[str, int]] = [{} for _ in self.names]
        self._words: dict[str, Bits] = {}
        self._sets: dict[Labels, Bits] = {}

    def word(self, word: str) -> Bits:
        """The bit of a word in each mapping; 0 where it is dropped."""
        found = self._words.get(word)
        if found is None:
            found = tuple(
                0 if (cluster := self.cluster(name, word)) is None else self._bit(at, cluster)
                for at, name in enumerate(self.names)
            )
            self._words[word] = found
        return found

    def cluster(self, name: str, word: str) -> str | None:
        """The cluster of a word in one mapping."""
        found = self.tables.map(name, word)
        if found is None and self.strict:
            stem = self.tables.map("case1", word) if "case1" in self.tables.names else None
            return stem or word
        return found

    def of(self, labels: Labels) -> Bits:
        """A set of labels in each mapping."""
        found = self._sets.get(labels)
        if found is None:
            bits = [0] * len(self.names)
            for label in labels:
                for at, bit in enumerate(self.word(label)):
                    bits[at] |= bit
            found = self._sets[labels] = tuple(bits)
        return found

    def _bit(self, at: int, cluster: str) -> int:
        known = self._bits[at]
        return known.setdefault(cluster, 1 << len(known))


@dataclass(frozen=True, slots=True)
class Pair:
    """True and predicted labels of a sample; nothing was predicted where they are None."""

    truth: Labels
    answer: Labels | None


def pairs(outcomes: Sequence[Outcome], *, strict: bool) -> list[Pair]:
    """What each outcome is compared by.

    Raises:
        InputError: a truth has no labels.
    """
    return [
        Pair(true_labels(outcome.truth, strict=strict), _answer(outcome.prediction, strict=strict))
        for outcome in outcomes
    ]


def true_labels(truth: Sample, *, strict: bool) -> Labels:
    """A sample's labels; if `strict`, none at all means neutral.

    Raises:
        InputError: it has neither open-vocabulary labels nor a label.
    """
    labels = label_set(truth, strict=strict)
    if isinstance(labels, Missing):
        raise InputError(
            f"{truth.place or truth.id}: wanted the labels of {truth.id!r}, but {labels.reason}."
        )
    return labels or (Labels({NEUTRAL}) if strict else labels)


def _answer(prediction: Prediction, *, strict: bool) -> Labels | None:
    if prediction.failure is not None:
        return None
    labels = label_set(prediction, strict=strict)
    return None if isinstance(labels, Missing) else labels


def count(sets: Sets, compared: Sequence[Pair]) -> Floats:
    """Precision, recall and 1 of each pair in each mapping, (N, 3·M).

    All three are 0 where the truth has no cluster: such a sample is left out of that mapping.
    Precision and recall are 0 where the answer has none.
    """
    rows: dict[Hashable, int] = {}
    index_N = [rows.setdefault((pair.truth, pair.answer), len(rows)) for pair in compared]
    unlike = {at: pair for pair, at in zip(compared, index_N, strict=True)}
    counts_U3M = np.zeros((len(rows), 3 * len(sets.names)))
    for at, pair in unlike.items():
        truths, answers = sets.of(pair.truth), sets.of(pair.answer or Labels())
        for m, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
            if truth:
                both = (truth & answer).bit_count()
                counts_U3M[at, 3 * m : 3 * m + 3] = (
                    both / max(1, answer.bit_count()),
                    both / truth.bit_count(),
                    1,
                )
    return counts_U3M[index_N]


def shares(sums: Floats) -> tuple[Floats, Floats, NDArray[np.float64]]:
    """Mean precision, mean recall and samples of each mapping, (..., M), of sums (..., 3·M)."""
    kept = sums[..., 2::3]
    return over(sums[..., 0::3], kept), over(sums[..., 1::3], kept), kept


def f_score(precision: Floats, recall: Floats, none: float = 0.0) -> Floats:
    """2PR/(P+R) of averages; `none` where both are 0, NaN where there is nothing to score."""
    return over(2 * precision * recall, precision + recall, none) + 0 * precision


def coverage(tables: Mappings, sets: Iterable[Labels]) -> float | None:
    """Share of labels that a table has in any of its mappings; None of no labels."""
    known: dict[str, bool] = {}
    labels = [label for labels in sets for label in labels]
    for label in set(labels):
        known[label] = any(tables.map(name, label) is not None for name in tables.names)
    return sum(known[label] for label in labels) / len(labels) if labels else None
