"""Episodes: the stretches of time during which a measured curve stays above a threshold."""

# T moments

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.timeline import Span

# A curve ends its episode below this share of the threshold it rose above.
_RELEASE = 0.7
# Moments further apart than this do not belong together: the face was away.
_GAP_S = 0.5
# Nor is a gap one that is shorter than this many of the steps at which a clip was looked at.
_STEPS = 2.5
# Episodes of one kind this close are told as one.
_MERGE_S = 0.4


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch and the numbers of its curve."""

    span: Span
    peak_s: float
    peak: float
    mean: float


def episodes(
    times_T: NDArray[np.float64],
    values_T: NDArray[np.floating],
    threshold: float,
    *,
    shortest_s: float = 0.2,
    merge_s: float = _MERGE_S,
) -> list[Episode]:
    """Stretches in order of time; shorter ones are left out unless the track is a single moment.

    Those closer together than `merge_s` are one.
    """
    if len(times_T) != len(values_T):
        raise ValueError(f"{len(times_T)} moments do not match {len(values_T)} values.")
    joined: list[tuple[int, int]] = []
    for first, last in _runs(times_T, values_T, threshold):
        if joined and times_T[first] - times_T[joined[-1][1]] <= merge_s:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    found = [_episode(times_T, values_T, first, last) for first, last in joined]
    return [e for e in found if len(times_T) == 1 or e.span.duration_s >= shortest_s]


def gap_s(times_T: NDArray[np.float64], least_s: float) -> float:
    """Seconds from which moments are too far apart to be neighbours, `least_s` or more.

    A clip of one picture per second has no gap between two of them.
    """
    if len(times_T) <= 2:
        return least_s
    return max(least_s, _STEPS * float(np.median(np.diff(times_T))))


def _runs(
    times_T: NDArray[np.float64], values_T: NDArray[np.floating], threshold: float
) -> list[tuple[int, int]]:
    """First and last index of each run, found with hysteresis."""
    apart_s = gap_s(times_T, _GAP_S)
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for i, value in enumerate(values_T):
        if start is not None and (
            value < threshold * _RELEASE or times_T[i] - times_T[i - 1] > apart_s
        ):
            runs.append((start, i - 1))
            start = None
        if start is None and value >= threshold:
            start = i
    if start is not None:
        runs.append((start, len(values_T) - 1))
    return runs


def _episode(
    times_T: NDArray[np.float64], values_T: NDArray[np.floating], first: int, last: int
) -> Episode:
    """The episode from one index to another, both included."""
    inside = values_T[first : last + 1]
    top = first + int(inside.argmax())
    return Episode(
        span=Span(float(times_T[first]), float(times_T[last])),
        peak_s=float(times_T[top]),
        peak=float(values_T[top]),
        mean=float(inside.mean()),
    )
