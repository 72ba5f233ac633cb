"""What people voted of a face, as the shares of the labels that the face net tells."""

# E emotions

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from affectlens.emotions.spaces import DFEW7, FERPLUS8
from affectlens.foundation.missing import Missing

_ELSE = ("unknown", "NF")  # beside the emotions of FER+: people cannot say, or it is no face
_LEAST = 5  # votes for emotions that the net tells
_CLEAR = 6  # of ten votes: whom the field's figures are told of


def shares(columns: Mapping[str, str]) -> NDArray[np.float32] | Missing:
    """The share of the votes for each label of dfew7; `columns` count them as FER+ does.

    A face of which most people say that it shows none of them has no shares.
    """
    counts = {name: int(columns.get(name) or 0) for name in (*FERPLUS8.labels, *_ELSE)}
    told_E = np.zeros(len(DFEW7.labels), np.float32)
    other = 0
    for name, count in counts.items():
        label = DFEW7.find(name)
        if label is None:
            other = max(other, count)
        else:
            told_E[DFEW7.labels.index(label)] += count
    if told_E.sum() < _LEAST:
        return Missing(f"{told_E.sum():g} people saw an emotion, fewer than {_LEAST}")
    if told_E.max() < other:
        return Missing("most people saw none of the emotions that are told apart")
    return np.asarray(told_E / told_E.sum(), np.float32)


def clear(columns: Mapping[str, str]) -> bool:
    """Whether at least six people agree on one label, and no other has as many votes."""
    counts = sorted(int(columns.get(name) or 0) for name in (*FERPLUS8.labels, *_ELSE))
    return counts[-1] >= _CLEAR and counts[-1] > counts[-2]
