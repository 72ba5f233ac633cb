"""From a person's face track to `Measures`: what was measured, in columns of a fixed order."""

# T moments of one track, K columns, P columns of one part

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.planning import main_track
from affectlens.encoders.view import Measures
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.backends.google_mesh import BLENDSHAPES
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, FaceTrack, Percepts

Floats = NDArray[np.float32]

# Names of the columns by part, in their order: weights that were trained rely on it.
PARTS: Mapping[str, tuple[str, ...]] = {
    "units": ACTION_UNITS,
    "shapes": tuple(name for name in BLENDSHAPES if not name.startswith("_")),
    "pose": ("pitch", "yaw", "roll"),
    "mouth": ("mouth_open",),
    "expression": ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"),
}


def measures(
    percepts: Percepts, *, person: str | None = None, span: Span | None = None
) -> Measures | Missing:
    """What was measured of the track that `planning.main_track` gives."""
    seen = main_track(percepts, person=person, span=span)
    if isinstance(seen, Missing) or isinstance(percepts.faces, Missing):
        return seen if isinstance(seen, Missing) else Missing("no face was seen")
    whole = next(track for track in percepts.faces if track.person == seen.person)
    values_TK = np.concatenate([_OF_PART[part](whole) for part in PARTS], axis=1)
    values_TK = values_TK[np.isin(whole.times_T, seen.times_T)]
    present_TK = np.isfinite(values_TK)
    if not present_TK.any():
        return Missing(f"nothing was measured of the face of {seen.person}")
    return Measures(np.where(present_TK, values_TK, 0).astype(np.float32), present_TK, seen.times_T)


def _units(track: FaceTrack) -> Floats:
    found = [track.action_units.get(name) for name in PARTS["units"]]
    return _stacked(
        track, [one.intensity_T if isinstance(one, ActionUnit) else None for one in found]
    )


def _shapes(track: FaceTrack) -> Floats:
    return _stacked(track, [track.blendshapes.get(name) for name in PARTS["shapes"]])


def _pose(track: FaceTrack) -> Floats:
    if isinstance(track.pose_T3, Missing):
        return _stacked(track, [None] * len(PARTS["pose"]))
    return track.pose_T3


def _mouth(track: FaceTrack) -> Floats:
    mouth = track.mouth_open_T
    return _stacked(track, [None if isinstance(mouth, Missing) else mouth])


def _expression(track: FaceTrack) -> Floats:
    """The net looks at some moments only: between them, and to both ends, it is filled in."""
    net = track.expression
    if isinstance(net, Missing) or not len(net.times_E):
        return _stacked(track, [None] * len(PARTS["expression"]))
    found = {
        label: np.interp(track.times_T, net.times_E, net.probabilities_EL[:, n])
        for n, label in enumerate(net.labels)
    }
    return _stacked(track, [found.get(label) for label in PARTS["expression"]])


def _stacked(track: FaceTrack, columns: "list[Floats | NDArray[np.float64] | None]") -> Floats:
    """Columns (TP); what there is not is NaN."""
    values_TP = np.full((len(track.times_T), len(columns)), np.nan, np.float32)
    for n, column_T in enumerate(columns):
        if column_T is not None:
            values_TP[:, n] = column_T
    return values_TP


_OF_PART: Mapping[str, Callable[[FaceTrack], Floats]] = {
    "units": _units,
    "shapes": _shapes,
    "pose": _pose,
    "mouth": _mouth,
    "expression": _expression,
}
