"""Faces made unrecognizable, frame by frame: those that were followed, and any that are found anew.

The analysis follows at most so many people and drops what it sees for a moment only; a picture that
shall hide faces can afford neither, so every frame is searched once more.
"""

# H height, W width, N faces

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Frame, Video
from affectlens.perception.ready import ready
from affectlens.perception.settings import FaceSettings
from affectlens.perception.tiles import TiledDetector
from affectlens.reasoning.analysis import Person, Track

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]

# A face that the detector lost for a moment is mostly still there.
GAP_S = 3.0  # between two sightings at most this far apart the box is interpolated
HOLD_S = 1.0  # before the first and after the last sighting the box stays
FOUND_HOLD_S = 0.5  # so long before and after, a place where the detector found a face is hidden
VIDEO_SIDE = 640  # pixels of the longer side in which faces are looked for
MARGIN = 0.35  # of the box's side, added at each side: hair, ears and chin are recognizable too
CELLS = (
    3  # blocks across a face, or faces that touch; in four or six a detector may still see a head
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the detector found faces in each frame of a clip, in order of time."""

    times_s: tuple[float, ...]
    boxes: tuple[tuple[Box, ...], ...]

    def around(self, time_s: float) -> list[Box]:
        """Every box of the frames near a moment."""
        first = bisect_left(self.times_s, time_s - FOUND_HOLD_S)
        last = bisect_right(self.times_s, time_s + FOUND_HOLD_S)
        return [box for boxes in self.boxes[first:last] for box in boxes]


def find_faces(video: Video, duration_s: float, *, progress: Progress = silent) -> Found | Missing:
    """Run the face detector on every frame; a large still is searched in tiles, too."""
    settings = FaceSettings()
    detect = ready(settings.detector)
    if isinstance(detect, Missing):
        return detect
    look = TiledDetector(detect)
    times: list[float] = []
    boxes: list[tuple[Box, ...]] = []
    side = settings.still_side if video.still else VIDEO_SIDE
    for frame in video.frames(max_side=side):
        height, width = frame.rgb_HWC.shape[:2]
        boxes_N4 = look(frame.rgb_HWC).boxes_N4 / np.array([width, height, width, height])
        times.append(frame.time_s)
        boxes.append(tuple(_box(box_4) for box_4 in boxes_N4))
        progress("redaction", min(1.0, frame.time_s / max(duration_s, 1e-9)))
    progress("redaction", 1.0)
    return Found(tuple(times), tuple(boxes))


def redactor(people: Sequence[Person], found: Found) -> Callable[[Frame], Picture]:
    """A function that gives a frame's picture with followed and found faces blurred."""
    tracks = [person.track for person in people if person.track is not None]

    def redact(frame: Frame) -> Picture:
        """The picture, altered on a copy."""
        rgb_HWC = frame.rgb_HWC.copy()
        followed = [box_at(track, frame.time_s) for track in tracks]
        boxes = [box for box in followed if box is not None] + found.around(frame.time_s)
        for box in joined([_wider(box) for box in boxes]):
            _blur(rgb_HWC, box)
        return rgb_HWC

    return redact


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that overlap as one around them, until none do: one face is blurred as a whole."""
    apart: list[Box] = []
    for one in boxes:
        box = one
        while touching := [other for other in apart if _overlap(box, other)]:
            apart = [other for other in apart if other not in touching]
            every_N4 = np.array([box, *touching])
            box = _box(np.concatenate([every_N4[:, :2].min(0), every_N4[:, 2:].max(0)]))
        apart.append(box)
    return apart


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) > max(one[0], other[0])
    return across and min(one[3], other[3]) > max(one[1], other[1])


def _box(values_4: NDArray[np.floating]) -> Box:
    left, top, right, bottom = (float(value) for value in values_4)
    return left, top, right, bottom


def box_at(track: Track, time_s: float) -> Box | None:
    """Where a face is at a moment, guessed generously around its sightings; else None."""
    after = bisect_left(track.times_s, time_s)
    before = after - 1
    past_s = time_s - track.times_s[before] if before >= 0 else np.inf
    ahead_s = track.times_s[after] - time_s if after < len(track.times_s) else np.inf
    if past_s + ahead_s <= GAP_S:
        one, other = np.array(track.boxes[before]), np.array(track.boxes[after])
        return _box(one + (other - one) * past_s / (past_s + ahead_s))
    if min(past_s, ahead_s) > HOLD_S:
        return None
    return track.boxes[before] if past_s <= ahead_s else track.boxes[after]


def _wider(box: Box) -> Box:
    """The box with its margin."""
    left, top, right, bottom = box
    wide, high = (right - left) * MARGIN, (bottom - top) * MARGIN
    return left - wide, top - high, right + wide, bottom + high


def _blur(rgb_HWC: Picture, box: Box) -> None:
    """Replace what is in a box by a few soft blocks, in place."""
    height, width = rgb_HWC.shape[:2]
    x0, x1 = (int(np.clip(x, 0, 1) * width) for x in box[::2])
    y0, y1 = (int(np.clip(y, 0, 1) * height) for y in box[1::2])
    face_HWC = rgb_HWC[y0:y1, x0:x1]
    if face_HWC.size == 0:
        return
    size = (x1 - x0, y1 - y0)
    few = cv2.resize(face_HWC, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    rgb_HWC[y0:y1, x0:x1] = cv2.resize(few, size, interpolation=cv2.INTER_LINEAR)
