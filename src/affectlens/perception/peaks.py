"""The peak frame: the moment of a face track at which its action units are strongest.

The default is Algorithm 1 of Emotion-LLaMA (arXiv 2406.11161): argmax over time of the sum of all
action-unit intensities, blinks (AU45) included as published.
"""

# T moments of a track, U action units that were measured

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import ActionUnit, FaceTrack, Floats

Method = Literal["sum", "presence", "find_peaks", "first", "middle"]

# MER-Factory: scipy's find_peaks(height=0.8, distance=20 frames); its videos run at 25 per second.
PEAK_HEIGHT = 0.8
PEAK_DISTANCE_S = 20 / 25
# The README of Emotion-LLaMA speaks of "the most frequent AUs" and gives no number of them.
FREQUENT_UNITS = 3
# An action unit counts as present from this intensity (FACS "B", slight).
PRESENT = 1.0


def peak(track: FaceTrack, method: Method = "sum") -> int | Missing:
    """Index into `track.times_T` of the peak frame.

    "sum" is the published one; "presence" sums only the action units that are present most often
    (the README's wording); "find_peaks" is the highest of `peaks` (MER-Factory's way); "first" and
    "middle" ignore the face's actions (what demos do).

    Raises:
        ConfigError: there is no such method.
    """
    if method not in get_args(Method):
        known = ", ".join(get_args(Method))
        raise ConfigError(f"There is no peak method {method!r}. There are: {known}.")
    moments = len(track.times_T)
    if not moments:
        return Missing(f"{track.person} was seen at no moment")
    if method in ("first", "middle"):
        return 0 if method == "first" else moments // 2
    intensities_UT = _intensities(track)
    if not len(intensities_UT):
        return Missing(f"no action unit of {track.person} was measured")
    if method == "presence":
        often_U = (intensities_UT >= PRESENT).sum(axis=1)
        intensities_UT = intensities_UT[np.argsort(-often_U, kind="stable")[:FREQUENT_UNITS]]
    total_T = intensities_UT.sum(axis=0)
    if method == "find_peaks":
        tops = peaks(track)
        return max(tops, key=lambda i: float(total_T[i])) if tops else int(total_T.argmax())
    return int(total_T.argmax())


def peaks(track: FaceTrack) -> list[int]:
    """Local maxima of the summed intensities, in order of time, picked as MER-Factory does."""
    intensities_UT = _intensities(track)
    if not len(intensities_UT):
        return []
    total_T = intensities_UT.sum(axis=0)
    inner_T = np.zeros(len(total_T), dtype=bool)
    inner_T[1:-1] = (total_T[1:-1] > total_T[:-2]) & (total_T[1:-1] >= total_T[2:])
    candidates = np.flatnonzero(inner_T & (total_T >= PEAK_HEIGHT))
    kept: list[int] = []
    for index in sorted(candidates.tolist(), key=lambda i: (-float(total_T[i]), i)):
        if all(_apart_s(track.times_T, index, other) >= PEAK_DISTANCE_S for other in kept):
            kept.append(index)
    return sorted(kept)


def _apart_s(times_T: NDArray[np.float64], first: int, second: int) -> float:
    """Seconds between two moments."""
    return abs(float(times_T[first] - times_T[second]))


def _intensities(track: FaceTrack) -> Floats:
    """Intensities of the action units that were measured, shape (U, T)."""
    rows = [u.intensity_T for u in track.action_units.values() if isinstance(u, ActionUnit)]
    return np.stack(rows) if rows else np.zeros((0, len(track.times_T)), np.float32)
