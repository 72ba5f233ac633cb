"""Lists of labels as people and models write them."""

import json
import re
from ast import literal_eval
from collections.abc import Iterable
from typing import Any

import numpy as np

from affectlens.corpora.mer_labels import listed

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
    return list(listed(str(value)))


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
