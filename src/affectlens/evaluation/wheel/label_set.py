"""The open-vocabulary labels of a sample or a prediction as a set."""

import functools

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.extract import labels_of
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction
from affectlens.evaluation.wheel.lists import words
from affectlens.foundation.missing import Missing


def label_set(of: Sample | Prediction, *, strict: bool) -> frozenset[str] | Missing:
    """Its labels, lower-cased and stripped; the one label where it has no open-vocabulary ones.

    Of a prediction that gives nothing but words, those that `extract.labels_of` finds in them.
    `strict` reads each of them by `words`, else they are taken as they stand.
    """
    labels = of.labels
    if isinstance(labels, Missing) and not isinstance(of.label, Missing):
        labels = (of.label,)
    if isinstance(of, Prediction) and labels == NOT_GIVEN and not isinstance(of.answer, Missing):
        labels = _found_in(of.answer)
    if isinstance(labels, Missing):
        return labels
    return _as_set(tuple(labels), strict=strict)


@functools.lru_cache(maxsize=1 << 16)
def _found_in(answer: str) -> tuple[str, ...] | Missing:
    return labels_of(answer)


@functools.lru_cache(maxsize=1 << 16)  # floors read the same labels again and again
def _as_set(labels: tuple[str, ...], *, strict: bool) -> frozenset[str]:
    if strict:
        return frozenset(words(labels))
    return frozenset(label.lower().strip() for label in labels)
