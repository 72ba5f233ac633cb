"""Faces made unrecognizable, frame by frame, where they were followed."""

# H height, W width

from bisect import bisect_left
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.media.clip import Frame
from affectlens.reasoning.analysis import Person, Track

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]

# A face that the detector lost for a moment is mostly still there.
GAP_S = 3.0  # between two sightings at most this far apart the box is interpolated
HOLD_S = 1.0  # before the first and after the last sighting the box stays
MARGIN = 0.35  # of the box's side, added at each side: hair, ears and chin are recognizable too
CELLS = 6  # blocks across a face; recognition starts at about 16


def redactor(people: Sequence[Person]) -> Callable[[Frame], Picture]:
    """A function that gives a frame's picture with the faces of these people blurred."""
    tracks = [person.track for person in people if person.track is not None]

    def redact(frame: Frame) -> Picture:
        """The picture, altered on a copy."""
        rgb_HWC = frame.rgb_HWC.copy()
        for track in tracks:
            box = box_at(track, frame.time_s)
            if box is not None:
                _blur(rgb_HWC, box)
        return rgb_HWC

    return redact


def box_at(track: Track, time_s: float) -> Box | None:
    """Where a face is at a moment, guessed generously around its sightings; else None."""
    after = bisect_left(track.times_s, time_s)
    before = after - 1
    past_s = time_s - track.times_s[before] if before >= 0 else np.inf
    ahead_s = track.times_s[after] - time_s if after < len(track.times_s) else np.inf
    if past_s + ahead_s <= GAP_S:
        one, other = np.array(track.boxes[before]), np.array(track.boxes[after])
        left, top, right, bottom = one + (other - one) * past_s / (past_s + ahead_s)
        return float(left), float(top), float(right), float(bottom)
    if min(past_s, ahead_s) > HOLD_S:
        return None
    return track.boxes[before] if past_s <= ahead_s else track.boxes[after]


def _blur(rgb_HWC: Picture, box: Box) -> None:
    """Replace a face by a few soft blocks, in place."""
    height, width = rgb_HWC.shape[:2]
    left, top, right, bottom = box
    wide, high = (right - left) * MARGIN, (bottom - top) * MARGIN
    x0, x1 = (int(np.clip(x, 0, 1) * width) for x in (left - wide, right + wide))
    y0, y1 = (int(np.clip(y, 0, 1) * height) for y in (top - high, bottom + high))
    face_HWC = rgb_HWC[y0:y1, x0:x1]
    if face_HWC.size == 0:
        return
    size = (x1 - x0, y1 - y0)
    few = cv2.resize(face_HWC, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    rgb_HWC[y0:y1, x0:x1] = cv2.resize(few, size, interpolation=cv2.INTER_LINEAR)
