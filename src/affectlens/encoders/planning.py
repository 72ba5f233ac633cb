"""From a view to a plan: which moments of a clip, and where the face is. Nothing is decoded."""

# T moments of one track, F boxes' four edges

import dataclasses
import hashlib
import logging
import math

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.view import Plan, View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.perception.peaks import peak
from affectlens.perception.percepts import ActionUnit, FaceTrack, Percepts

log = logging.getLogger(__name__)

# Less sound than this is not a syllable, and shorter than what some nets need for one row.
_SHORTEST_SOUND_S = 0.1
_SLACK = 1e-6  # of a frame: bounds of spans are rarely exact


def plan(
    clip: Clip,
    percepts: Percepts,
    view: View,
    *,
    person: str | None = None,
    span: Span | None = None,
) -> Plan | Missing:
    """The view of this clip as numbers; the same for the same clip, percepts and arguments.

    `person` is whose face is shown and whose peak is taken (None: `main_track`), `span` a window
    that everything stays within. A clip in which no peak can be found shows its middle frame in
    the peak's place, as systems that look at the scene need a picture; a log line says so.
    """
    if view.of == "sound":
        return _sound(clip, view, span)
    if view.of == "measures":
        track = main_track(percepts, person=person, span=span)
        return track if isinstance(track, Missing) else Plan(view.of, tuple(track.times_T.tolist()))
    video = clip.video
    if isinstance(video, Missing):
        return video
    if view.of == "faces":
        return _faces(clip, percepts, view, person, span)
    frames = _frames(clip, video.rate_hz, span)
    if isinstance(frames, Missing):
        return frames
    if view.of == "peak_frame":
        moment = peak_s(percepts, person=person, span=span)
        if not isinstance(moment, Missing):
            return Plan(view.of, (moment,))
        log.info("%s: the middle frame stands for the peak: %s", clip.name, moment)
    picked = [frames[i] for i in _picked(clip, view, len(frames))]
    return Plan(view.of, tuple(_moment_s(frame, video.rate_hz) for frame in picked))


def main_track(
    percepts: Percepts, *, person: str | None = None, span: Span | None = None
) -> FaceTrack | Missing:
    """One person's track within a span: `person`'s, else that of the face largest over time."""
    if isinstance(percepts.faces, Missing):
        return percepts.faces
    tracks = [_within(track, span) for track in percepts.faces]
    seen = [track for track in tracks if len(track.times_T)]
    if person is not None:
        seen = [track for track in seen if track.person == person]
    if not seen:
        when = "" if span is None else f" from {span.start_s:g} to {span.end_s:g} s"
        return Missing(f"no face{f' of {person}' if person else ''} was seen{when}")
    return max(seen, key=_area)


def peak_s(
    percepts: Percepts, *, person: str | None = None, span: Span | None = None
) -> float | Missing:
    """The second of the peak frame of `main_track`, by Algorithm 1 of Emotion-LLaMA."""
    track = main_track(percepts, person=person, span=span)
    if isinstance(track, Missing):
        return track
    index = peak(track)
    return index if isinstance(index, Missing) else float(track.times_T[index])


def _faces(
    clip: Clip, percepts: Percepts, view: View, person: str | None, span: Span | None
) -> Plan | Missing:
    track = main_track(percepts, person=person, span=span)
    if isinstance(track, Missing):
        return track
    picked = _picked(clip, view, len(track.times_T))
    boxes = tuple(_box(track.boxes_T4[i]) for i in picked)
    return Plan(view.of, tuple(float(track.times_T[i]) for i in picked), boxes)


def _sound(clip: Clip, view: View, span: Span | None) -> Plan | Missing:
    if isinstance(clip.sound, Missing):
        return clip.sound
    start_s = 0.0 if span is None else max(0.0, span.start_s)
    end_s = clip.sound.duration_s if span is None else min(clip.sound.duration_s, span.end_s)
    length_s = end_s - start_s
    if length_s < _SHORTEST_SOUND_S:
        return Missing(f"{clip.name} has only {max(length_s, 0):.3f} s of sound there")
    if view.segment_s is None:
        return Plan(view.of, (start_s,), length_s=None if span is None else length_s)
    room_s = max(length_s - view.segment_s, 0)
    starts = tuple(start_s + i * room_s / view.count for i in range(view.count))
    return Plan(view.of, starts, length_s=min(view.segment_s, length_s))


def _frames(clip: Clip, rate_hz: float, span: Span | None) -> range | Missing:
    """Numbers of the frames within a span; at least the one that is shown at its start."""
    frames = max(1, round(clip.duration_s * rate_hz))
    if span is None or rate_hz <= 0:
        return range(frames if rate_hz > 0 else 1)
    if span.start_s >= clip.duration_s:
        return Missing(f"{clip.name} ends at {clip.duration_s:g} s, before {span.start_s:g} s")
    first = max(0, math.ceil(span.start_s * rate_hz - _SLACK))
    end = min(frames, math.ceil(span.end_s * rate_hz - _SLACK))
    if first < end:
        return range(first, end)
    shown = min(frames - 1, max(0, math.floor(span.start_s * rate_hz + _SLACK)))
    return range(shown, shown + 1)


def _moment_s(frame: int, rate_hz: float) -> float:
    """The middle of the time for which a frame is shown: files round the times of their frames."""
    return (frame + 0.5) / rate_hz if rate_hz > 0 else 0.0


def _picked(clip: Clip, view: View, length: int) -> list[int]:
    """Which of `length` pictures are shown, in order; some repeat where there are too few."""
    count, still = view.count, not isinstance(clip.video, Missing) and clip.video.still
    if view.of == "first_frame" or still:
        return [0]
    if view.of in ("middle_frame", "peak_frame"):
        return [length // 2]
    if view.sampling == "merr":
        return _drawn(clip, view, length)
    if view.sampling == "run" and length > count:
        start = (length - count) // 2
        return list(range(start, start + count))
    if view.sampling == "spread":
        return [i * length // count for i in range(count)]
    return [i * (length - 1) // max(count - 1, 1) for i in range(count)]


def _drawn(clip: Clip, view: View, length: int) -> list[int]:
    """Two of each of count/2 equal segments, by lot; the lot is a hash, alike on all machines.

    Raises:
        ConfigError: the view's count is odd.
    """
    if view.count % 2:
        raise ConfigError(f"Sampling 'merr' takes pairs: an even count, got {view.count}.")

    def lot(index: int) -> bytes:
        return hashlib.sha256(f"{clip.sha256} {view.seed} {index}".encode()).digest()

    segments, drawn = view.count // 2, []
    for n in range(segments):
        first, end = n * length // segments, (n + 1) * length // segments
        two = sorted(range(first, max(end, first + 1)), key=lot)[:2]
        drawn += sorted(two if len(two) == 2 else two * 2)
    return drawn


def _area(track: FaceTrack) -> float:
    """Sum of the face's share of the picture over its moments."""
    left_T, top_T, right_T, bottom_T = track.boxes_T4.T
    return float(((right_T - left_T) * (bottom_T - top_T)).sum(dtype=np.float64))


def _box(edges_F: NDArray[np.float32]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(edge) for edge in edges_F)
    return left, top, right, bottom


def _within(track: FaceTrack, span: Span | None) -> FaceTrack:
    """The moments of a track that lie inside a span, with what planning reads of them."""
    if span is None:
        return track
    inside_T = (track.times_T >= span.start_s) & (track.times_T <= span.end_s)
    units = {
        name: ActionUnit(unit.intensity_T[inside_T], unit.trust)
        for name, unit in track.action_units.items()
        if isinstance(unit, ActionUnit)
    }
    unread = Missing("planning does not read it")
    return dataclasses.replace(
        track,
        times_T=track.times_T[inside_T],
        boxes_T4=track.boxes_T4[inside_T],
        confidence_T=track.confidence_T[inside_T],
        action_units=units,
        pose_T3=unread,
        mouth_open_T=unread,
        blendshapes={},
        expression=unread,
    )
