"""The open-vocabulary labels of a sample or a prediction as a set."""

import functools
from collections.abc import Iterable

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
    if isinstance(of, Prediction) and _says_words_only(of):
        labels = _found_in(str(of.answer))
    if isinstance(labels, Missing):
        return labels
    return _as_set(tuple(labels), strict=strict)


def read_by_rules(predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """A sentence for reports on how many predictions give nothing but words; none if none do."""
    count = sum(one.failure is None and _says_words_only(one) for one in predictions)
    if not count:
        return ()
    return (
        f"{count} predictions are answers without labels, which were read by our rules: published "
        "scores had a language model read them.",
    )


def _says_words_only(of: Prediction) -> bool:
    has_label = not isinstance(of.label, Missing)
    return of.labels == NOT_GIVEN and not has_label and not isinstance(of.answer, Missing)


@functools.lru_cache(maxsize=1 << 16)
def _found_in(answer: str) -> tuple[str, ...] | Missing:
    return labels_of(answer)


@functools.lru_cache(maxsize=1 << 16)  # floors read the same labels again and again
def _as_set(labels: tuple[str, ...], *, strict: bool) -> frozenset[str]:
    if strict:
        return frozenset(words(labels))
    return frozenset(label.lower().strip() for label in labels)
