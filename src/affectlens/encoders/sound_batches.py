"""Pieces of sound through a net in batches of one length, in which nothing is padded."""

# S samples, B pieces of one length, T steps, D width

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]


def encoded(
    run: Callable[[Wave], NDArray[np.float32]],
    pieces: Sequence[Wave],
    steps: Sequence[int],
    *,
    width: int,
    at_once: int,
) -> NDArray[np.float32]:
    """Rows (TD) of one piece after the other, of each as many as `steps` says.

    `run` gives the states (BTD) of a batch (BS) of at most `at_once` samples, or of one piece.
    """
    ends = np.cumsum(steps)
    rows_TD = np.empty((ends[-1], width), np.float32)
    for places in together([len(piece) for piece in pieces], at_once):
        states_BTD = run(np.stack([pieces[place] for place in places]))
        for place, states_TD in zip(places, states_BTD, strict=True):
            rows_TD[ends[place] - steps[place] : ends[place]] = states_TD[: steps[place]]
    return rows_TD


def together(lengths: Sequence[int], at_once: int) -> Iterator[list[int]]:
    """Places of pieces of one length."""
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    for length, places in by_length.items():
        count = max(at_once // length, 1)
        for start in range(0, len(places), count):
            yield places[start : start + count]
