"""From a plan to pixels and samples: the moments are decoded, faces are cut out and aligned."""

# H height, W width, C colour

import logging

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.view import Pictures, Plan, Waves
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Frame
from affectlens.perception.aligned import aligned

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]


def show(clip: Clip, plan: Plan) -> Pictures | Waves | Missing:
    """What the plan names; a face that cannot be aligned is left out.

    Raises:
        LimitError: decoding passed a cap.
    """
    if plan.of == "sound":
        return _waves(clip, plan)
    if isinstance(clip.video, Missing):
        return clip.video
    try:
        frames = clip.video.at(plan.times_s)
    except InputError as error:  # damaged there; the rest of the clip may still be used
        return Missing(str(error))
    if plan.of == "faces":
        return _faces(clip, plan, frames)
    return _pictures(frames)


def _faces(clip: Clip, plan: Plan, frames: list[Frame]) -> Pictures | Missing:
    done: dict[tuple[float, tuple[float, ...]], Picture | Missing] = {}  # moments may repeat
    kept: list[Frame] = []
    why = Missing(f"no face of {clip.name} was planned")
    for frame, box in zip(frames, plan.boxes, strict=True):
        key = (frame.time_s, box)
        if key not in done:
            done[key] = aligned(frame.rgb_HWC, np.array(box, np.float32))
        face = done[key]
        if isinstance(face, Missing):
            why = face
            log.info("%s at %.2f s: %s", clip.name, frame.time_s, face)
        else:
            kept.append(Frame(frame.time_s, face))
    return _pictures(kept) if kept else why


def _pictures(frames: list[Frame]) -> Pictures:
    """One array; where a file changes its size, all take the first picture's.

    The list is emptied on the way, so that not every picture is in memory twice.
    """
    import cv2

    height, width = frames[0].rgb_HWC.shape[:2]
    rgb_THWC = np.empty((len(frames), height, width, 3), np.uint8)
    times_T = np.array([frame.time_s for frame in frames], np.float64)
    for place in reversed(range(len(frames))):
        rgb_HWC = frames.pop().rgb_HWC
        if rgb_HWC.shape[:2] != (height, width):
            rgb_HWC = np.asarray(cv2.resize(rgb_HWC, (width, height)), np.uint8)
        rgb_THWC[place] = rgb_HWC
    return Pictures(rgb_THWC, times_T)


def _waves(clip: Clip, plan: Plan) -> Waves | Missing:
    """Segments of equal length to the sample."""
    sound = clip.sound
    if isinstance(sound, Missing):
        return sound
    total = round(sound.duration_s * SOUND_RATE_HZ)
    segments: list[NDArray[np.float32]] = []
    for start_s in plan.times_s:
        first = round(start_s * SOUND_RATE_HZ)
        length = total if plan.length_s is None else round(plan.length_s * SOUND_RATE_HZ)
        span = Span(first / SOUND_RATE_HZ, (first + length) / SOUND_RATE_HZ)
        segments.append(sound.read(span))
    if not all(len(segment) for segment in segments):
        return Missing(f"{clip.name} has no sound at {plan.times_s[0]:g} s")
    return Waves(tuple(segments), np.array(plan.times_s, np.float64))
