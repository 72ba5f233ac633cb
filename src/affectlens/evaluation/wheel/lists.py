"""Lists of labels as people and models write them."""

import functools
import json
import re
from ast import literal_eval
from collections.abc import Iterable
from typing import Any

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Prediction
from affectlens.foundation.missing import Missing

_QUOTES_AND_COMMAS = re.compile("['\",]")
_BETWEEN = re.compile(r"[,;，、；\n]")
_AROUND = " \t\r\"'“”‘’`[](){}*•-"
_STOPS = ".。!！?？:："


def parse(value: Any) -> list[str]:
    """A list as the published scripts read it, their faults included.

    A list stays as it is; of text, one bracket is taken off at each end, and the rest is split at
    every comma and quote: "happy's" is two labels, "happy; sad" and "happy." are one each.
    Source: `string_to_list` of MERTools (specs/affectgpt-emer.md §1.5).
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return list(value)
    if value is None or value != value or value == "":  # NaN is not itself
        return []
    text = str(value).removeprefix("[").removesuffix("]")
    parts = (part.strip() for part in _QUOTES_AND_COMMAS.split(text))
    return [part for part in parts if part]


def words(value: Any) -> list[str]:
    """A list as it was meant: labels lower-cased, in order, each once.

    Text may be a JSON or Python list, or labels between commas, semicolons, their Chinese likes
    or line ends. Quotes, brackets and final stops around a label go; an apostrophe inside stays.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        value = _listed(value)
    if value is None or value != value:
        return []
    return list(dict.fromkeys(_plain(value)))


def label_set(of: Sample | Prediction, *, strict: bool) -> frozenset[str] | Missing:
    """Its labels, lower-cased and stripped; the one label where it has no open-vocabulary ones.

    `strict` reads each of them by `words`, else they are taken as they stand.
    """
    labels = of.labels
    if isinstance(labels, Missing) and not isinstance(of.label, Missing):
        labels = (of.label,)
    if isinstance(labels, Missing):
        return labels
    return _as_set(tuple(labels), strict=strict)


@functools.lru_cache(maxsize=1 << 16)  # floors read the same labels again and again
def _as_set(labels: tuple[str, ...], *, strict: bool) -> frozenset[str]:
    if strict:
        return frozenset(words(labels))
    return frozenset(label.lower().strip() for label in labels)


def _listed(text: str) -> Any:
    """A JSON or Python list as a list; other text as it is."""
    stripped = text.strip()
    if not (stripped.startswith("[") and stripped.endswith("]")):
        return [text]
    for read in (json.loads, literal_eval):
        try:
            found = read(stripped)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else [text]
    return [text]


def _plain(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _plain(value)
            continue
        for part in _BETWEEN.split(str(value)):
            if label := part.strip(_AROUND + _STOPS).lower():
                yield label
