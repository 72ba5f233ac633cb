"""Reads an OpenFace 2 CSV in place of our own faces and action units.

Format: one row per frame and face with `frame, face_id, timestamp, confidence, success`, head pose
(`pose_Rx` … in radians, left-handed camera coordinates), landmarks `x_0 … y_67` in pixels and
intensities `AUxx_r` of 0–5 (Baltrušaitis et al., "OpenFace 2.0", FG 2018).
"""

# T moments of one track

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, FaceTrack, Floats

_LANDMARKS = range(68)  # of iBUG 300-W
_NEEDED = (
    "timestamp",
    "confidence",
    "success",
    *(f"{axis}_{point}" for axis in "xy" for point in _LANDMARKS),
)
_POSE = ("pose_Rx", "pose_Ry", "pose_Rz")
_USED = frozenset((*_NEEDED, *_POSE, *(f"{name}_r" for name in ACTION_UNITS)))
_NO_EXPRESSION = Missing("an OpenFace CSV has no expression probabilities")
# Inner lips and outer eye corners among the landmarks.
_LIPS, _EYES = (62, 66), (36, 45)


@dataclass(frozen=True, slots=True)
class _Row:
    """One face in one frame."""

    face: str
    values: Mapping[str, float]


def read_openface(
    path: Path, *, size: tuple[int, int] | None = None
) -> tuple[FaceTrack, ...] | Missing:
    """The faces of a CSV file; frames that OpenFace marks as failed are left out.

    `size` is the video's width and height in pixels, which the file does not have; without it boxes
    are shares of the largest coordinates seen.

    Raises:
        InputError: the file is not such a table; row and column are named.
    """
    rows = [row for row in _rows(path) if row.values["success"] >= 0.5]
    faces = sorted({row.face for row in rows}, key=lambda face: (len(face), face))
    if not faces:
        return Missing(f"{path.name} has no frame in which OpenFace found a face")
    return tuple(
        _track(f"P{number}", [row.values for row in rows if row.face == face], size)
        for number, face in enumerate(faces, start=1)
    )


def _rows(path: Path) -> Iterator[_Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            names = [name.strip() for name in table.fieldnames or ()]
            table.fieldnames = names
            lacking = [name for name in _NEEDED if name not in names]
            if lacking:
                some = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
                raise InputError(
                    f"{path} is no OpenFace 2 CSV: row 1 lacks the columns {some}. "
                    "Run FeatureExtraction with -2Dfp -pose -aus."
                )
            for number, row in enumerate(table, start=2):
                yield _parse(path, number, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as an OpenFace 2 CSV: {error}.") from error


def _parse(path: Path, number: int, row: Mapping[str, str | None]) -> _Row:
    """The numbers that are used; where OpenFace found no face they may be anything."""
    values = {name: _number(text) for name, text in row.items() if name in _USED}
    found = not values["success"] < 0.5
    bad = next((name for name, value in values.items() if not math.isfinite(value)), None)
    if found and bad is not None:
        raise InputError(f"{path}, row {number}, column {bad}: no number but {row[bad]!r}.")
    return _Row((row.get("face_id") or "0").strip(), values)


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _track(
    person: str, rows: Sequence[Mapping[str, float]], size: tuple[int, int] | None
) -> FaceTrack:
    def column(name: str) -> Floats:
        return np.array([row[name] for row in rows], np.float32)

    x_T68 = np.stack([column(f"x_{i}") for i in _LANDMARKS], 1)
    y_T68 = np.stack([column(f"y_{i}") for i in _LANDMARKS], 1)
    width, height = size or (float(x_T68.max()), float(y_T68.max()))
    edges = (
        x_T68.min(1) / width,
        y_T68.min(1) / height,
        x_T68.max(1) / width,
        y_T68.max(1) / height,
    )
    return FaceTrack(
        person=person,
        times_T=np.array([row["timestamp"] for row in rows]),
        boxes_T4=np.clip(np.stack(edges, 1), 0, 1).astype(np.float32),
        confidence_T=column("confidence"),
        pose_T3=_pose(rows),
        mouth_open_T=np.divide(_gap(x_T68, y_T68, _LIPS), _gap(x_T68, y_T68, _EYES)),
        blendshapes={},
        action_units={name: _unit(name, rows) for name in ACTION_UNITS},
        expression=_NO_EXPRESSION,
    )


def _pose(rows: Sequence[Mapping[str, float]]) -> Floats | Missing:
    """OpenFace's rotations with our signs: its pitch is positive down, its yaw to the left."""
    if not rows[0].keys() >= set(_POSE):
        return Missing("the OpenFace CSV has no head pose")
    turns = np.array([[row[name] for name in _POSE] for row in rows])
    return np.asarray(np.degrees(turns) * [-1, -1, 1], np.float32)


def _gap(x_T68: Floats, y_T68: Floats, points: tuple[int, int]) -> Floats:
    one, other = points
    gap_T = np.hypot(x_T68[:, one] - x_T68[:, other], y_T68[:, one] - y_T68[:, other])
    return np.asarray(np.maximum(gap_T, 1e-6), np.float32)


def _unit(name: str, rows: Sequence[Mapping[str, float]]) -> ActionUnit | Missing:
    key = f"{name}_r"
    if key not in rows[0]:
        return Missing(f"the OpenFace CSV has no column {key}")
    return ActionUnit(np.array([row[key] for row in rows], np.float32), "good")
