"""Clues of a face: action units, the expression net's opinion, head and gaze."""

# T moments of a track, U action units, E moments of the expression net, L labels

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affectlens.clues.clue import Clue
from affectlens.clues.episodes import Episode, episodes, gap_s
from affectlens.clues.phrasebook import Phrasebook
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import ActionUnit, FaceTrack, Floats, Trust

# Intensity (0–5) from which an action unit is told, higher where it is measured less well.
ACTIVE: Mapping[Trust, float] = {"good": 1.3, "fair": 1.6, "low": 2.4}
TRUST: Mapping[Trust, float] = {"good": 1.0, "fair": 0.8, "low": 0.4}
# FACS "D", severe: from here on an observation is as clear as it gets.
_FULL = 3.5

# What words do to a mouth: while speaking it says little.
_SPEECH_UNITS = frozenset({"AU14", "AU15", "AU17", "AU20", "AU23", "AU25", "AU26"})
_WHILE_SPEAKING = 0.4
# Lips open and eyes blink in a face at rest too.
_NO_REST_UNITS = frozenset({"AU14", "AU25", "AU26", "AU45"})
# A face is at rest when its most active unit is below this share of its threshold, and so for long.
_CALM, _REST_S = 0.8, 0.8
_SLIGHT_STRENGTH = 0.3
# Shorter absences are blinks of the detector.
_AWAY_S = 1.0
# Closed eyes are told when they are no blink.
_BLINK_S = 0.5

# The expression net: probability of a label, its lead over the next, how long.
_SURE, _LEAD, _SUSTAINED_S = 0.55, 0.2, 0.4
# The net is of FER2013 grade: never as clear as a well measured action unit.
_NET_STRENGTH = 0.7

# Degrees and seconds from which a head's pose is told.
_PITCH, _YAW, _ROLL, _POSE_S = 18.0, 28.0, 18.0, 0.5
# Blendshape value from which a gaze is told; the blendshapes of the eyes are noisy.
_GAZE, _GAZE_S, _GAZE_STRENGTH = 0.6, 0.5, 0.4
_SIDES = ("Left", "Right")


def face_clues(track: FaceTrack, speaking: Sequence[Span], book: Phrasebook) -> list[Clue]:
    """Everything that one face shows, without ids; `speaking` is when this person speaks."""
    if not len(track.times_T):
        return []
    return [
        *_action_units(track, speaking, book),
        *_rest(track, speaking, book),
        *_expression(track, book),
        *_pose(track, book),
        *_gaze(track, book),
    ]


def _clue(
    track: FaceTrack, kind: str, episode: Episode, strength: float, told: tuple[str, str]
) -> Clue:
    """A clue from an episode; `told` is its text and the unit of its numbers."""
    text, unit = told
    return Clue(
        id="",
        modality="face",
        kind=kind,
        person=track.person,
        span=episode.span,
        text=text,
        strength=round(float(np.clip(strength, 0, 1)), 3),
        numbers={
            "onset_s": episode.span.start_s,
            "peak_s": episode.peak_s,
            f"peak_{unit}": episode.peak,
            f"mean_{unit}": episode.mean,
        },
    )


def _action_units(track: FaceTrack, speaking: Sequence[Span], book: Phrasebook) -> list[Clue]:
    """One clue for each stretch during which an action unit is active."""
    clues = []
    talking_T = during(track.times_T, speaking)
    for name, unit in track.action_units.items():
        if isinstance(unit, Missing):
            continue
        shortest_s = _BLINK_S if name == "AU45" else 0.2
        for episode in episodes(
            track.times_T, unit.intensity_T, ACTIVE[unit.trust], shortest_s=shortest_s
        ):
            strength = TRUST[unit.trust] * episode.peak / _FULL
            if name in _SPEECH_UNITS and _mostly(track, episode.span, talking_T):
                strength *= _WHILE_SPEAKING
            clues.append(_clue(track, name, episode, strength, (book.phrase(name), "intensity")))
    return clues


def _mostly(track: FaceTrack, span: Span, chosen_T: NDArray[np.bool_]) -> bool:
    """Whether at least half of a span's moments are chosen."""
    first, last = np.searchsorted(track.times_T, (span.start_s, span.end_s))
    return bool(chosen_T[first : last + 1].mean() >= 1 / 2)


def _rest(track: FaceTrack, speaking: Sequence[Span], book: Phrasebook) -> list[Clue]:
    """Stretches during which no action unit stands out: at rest, or with slight signs only."""
    units = {
        name: unit
        for name, unit in track.action_units.items()
        if isinstance(unit, ActionUnit) and name not in _NO_REST_UNITS
    }
    if not units:
        return []
    levels_UT = np.stack([unit.intensity_T for unit in units.values()])
    spoken_UT = np.outer([n in _SPEECH_UNITS for n in units], during(track.times_T, speaking))
    active_U1 = np.array([[ACTIVE[unit.trust]] for unit in units.values()])
    # How far its most active unit stays below its threshold; what is below zero is active.
    calm_T = 1 - np.where(spoken_UT, 0.0, levels_UT / active_U1).max(axis=0)
    levels = _Levels(tuple(units), levels_UT, spoken_UT)
    quiet = episodes(track.times_T, calm_T, 1 - _CALM, shortest_s=_REST_S, merge_s=0.0)
    clues = [_rested(track, "face.rest", e, levels, book) for e in quiet]
    told = [e.span for e in quiet]
    slight_T = np.where((calm_T > 0) & ~during(track.times_T, told), 1.0, 0.0)
    return clues + [
        _rested(track, "face.slight", e, levels, book)
        for e in episodes(track.times_T, slight_T, 0.5, shortest_s=_POSE_S, merge_s=0.0)
    ]


@dataclass(frozen=True, slots=True)
class _Levels:
    """Intensities of the telling action units, and which of them speaking made."""

    names: tuple[str, ...]
    levels_UT: Floats
    spoken_UT: NDArray[np.bool_]


def _rested(
    track: FaceTrack, kind: str, episode: Episode, levels: _Levels, book: Phrasebook
) -> Clue:
    """A clue that no action unit stands out, with the strongest of them."""
    first, last = np.searchsorted(track.times_T, (episode.span.start_s, episode.span.end_s))
    inside_UT = levels.levels_UT[:, first : last + 1]
    spoken_UT = levels.spoken_UT[:, first : last + 1]
    still_UT = np.where(spoken_UT, 0.0, inside_UT)
    top = int(still_UT.max(axis=1).argmax())
    level = float(still_UT[top].max())
    mouth = np.where(spoken_UT, inside_UT, 0.0).max() > level
    # The calmer, the clearer: the mean of the curve is how far below its threshold it stays.
    strength = 0.4 + 0.5 * episode.mean if kind == "face.rest" else _SLIGHT_STRENGTH
    return Clue(
        id="",
        modality="face",
        kind=kind,
        person=track.person,
        span=episode.span,
        text=book.phrase(f"{kind}.speaking" if mouth else kind, {"level": level}),
        strength=round(float(np.clip(strength, 0, 1)), 3),
        numbers={f"{levels.names[top]}_peak_intensity": level},
    )


def away_clues(track: FaceTrack, end_s: float, book: Phrasebook) -> list[Clue]:
    """When a person who is seen at other times is not, up to the end of the clip."""
    if not len(track.times_T):
        return []
    edges = [0.0, *track.times_T.tolist(), end_s]
    away_s = gap_s(track.times_T, _AWAY_S)
    return [
        Clue("", "face", "face.away", track.person, Span(a, b), book.phrase("face.away"), 1.0, {})
        for a, b in pairwise(edges)
        if b - a >= away_s
    ]


def during(times_T: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which moments lie in one of the spans."""
    inside_T = np.zeros(len(times_T), bool)
    for span in spans:
        first, last = np.searchsorted(times_T, (span.start_s, span.end_s + 1e-9))
        inside_T[first:last] = True
    return inside_T


def _expression(track: FaceTrack, book: Phrasebook) -> list[Clue]:
    """Stretches during which the expression net is sure of one label."""
    seen = track.expression
    if isinstance(seen, Missing) or not len(seen.times_E):
        return []
    smooth_EL = _smooth(seen.probabilities_EL)
    clues = []
    for column, label in enumerate(seen.labels):
        own_E = smooth_EL[:, column]
        others_EL = np.delete(smooth_EL, column, axis=1)
        rival_E = others_EL.max(axis=1) if others_EL.size else np.zeros_like(own_E)
        sure_E = np.where(own_E - rival_E >= _LEAD, own_E, 0.0)
        for e in episodes(seen.times_E, sure_E, _SURE, shortest_s=_SUSTAINED_S):
            values: dict[str, float | str] = {"label": label, "mean_probability": e.mean}
            text = book.phrase(f"expression.{label}", values)
            clues.append(
                _clue(
                    track,
                    f"expression.{label}",
                    e,
                    _NET_STRENGTH * e.mean,
                    (text, "probability"),
                )
            )
    return clues


def _smooth(values_EL: Floats) -> NDArray[np.float64]:
    """Running mean over three moments."""
    padded = np.concatenate([values_EL[:1], values_EL, values_EL[-1:]]).astype(np.float64)
    smoothed: NDArray[np.float64] = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return smoothed


def _pose(track: FaceTrack, book: Phrasebook) -> list[Clue]:
    """Head lowered, raised, turned or tilted, against the camera."""
    if isinstance(track.pose_T3, Missing):
        return []
    pitch_T, yaw_T, roll_T = track.pose_T3.T
    curves = {
        "head.down": (-pitch_T, _PITCH),
        "head.up": (pitch_T, _PITCH),
        "head.turned": (np.abs(yaw_T), _YAW),
        "head.tilted": (np.abs(roll_T), _ROLL),
    }
    return [
        _clue(track, kind, e, 0.5 * e.mean / threshold, (book.phrase(kind), "degrees"))
        for kind, (curve_T, threshold) in curves.items()
        for e in episodes(track.times_T, curve_T, threshold, shortest_s=_POSE_S)
    ]


def _gaze(track: FaceTrack, book: Phrasebook) -> list[Clue]:
    """Eyes cast down, up or aside, against the head."""
    shapes = track.blendshapes
    needed = [f"eyeLook{way}{side}" for way in ("Down", "Up", "In", "Out") for side in _SIDES]
    if any(name not in shapes for name in needed):
        return []
    curves = {
        "gaze.down": (shapes["eyeLookDownLeft"] + shapes["eyeLookDownRight"]) / 2,
        "gaze.up": (shapes["eyeLookUpLeft"] + shapes["eyeLookUpRight"]) / 2,
        "gaze.aside": np.maximum(
            (shapes["eyeLookOutLeft"] + shapes["eyeLookInRight"]) / 2,
            (shapes["eyeLookInLeft"] + shapes["eyeLookOutRight"]) / 2,
        ),
    }
    return [
        _clue(track, kind, e, _GAZE_STRENGTH * e.mean, (book.phrase(kind), "blendshape"))
        for kind, curve_T in curves.items()
        for e in episodes(track.times_T, curve_T, _GAZE, shortest_s=_GAZE_S)
    ]
