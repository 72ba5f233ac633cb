"""Who is who: pieces of tracks that show the same person get the same id.

There is no face-recognition net here: people are told apart inside one clip only, by the bony shape
of the mesh and by the colours of face, hair and clothes. Nothing of it is kept.
"""

# P points of the mesh, K anchor points, C colour values, N pieces

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.perception.geometry import axes, box, eye_distance
from affectlens.perception.percepts import Floats

# Points that expressions hardly move: eye corners, nose, temples, cheekbones, forehead.
_ANCHORS = np.array(
    [
        33,
        133,
        362,
        263,
        6,
        168,
        197,
        195,
        5,
        4,
        1,
        98,
        327,
        234,
        454,
        127,
        356,
        10,
        109,
        338,
        93,
        323,
    ]
)
_FRONTAL_DEG = 35.0  # shapes of faces turned further are not used


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One moment's appearance."""

    shape_K3: Floats | None  # None: turned too far
    colours_C: Floats  # chroma and luma of skin, hair and clothes


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """The mean over moments of one piece of track."""

    shape_K3: Floats | None
    colours_C: Floats


def look(rgb_HWC: NDArray[np.uint8], points_P3: Floats, yaw_deg: float) -> Look:
    """What one frame shows of a person."""
    shape = None
    if abs(yaw_deg) <= _FRONTAL_DEG:
        centred = points_P3[_ANCHORS] - points_P3[_ANCHORS].mean(0)
        shape = (centred @ axes(points_P3).T / eye_distance(points_P3)).astype(np.float32)
    return Look(shape, _colours(rgb_HWC, box(points_P3)))


def appearance(looks: Sequence[Look]) -> Appearance:
    """The mean of several moments."""
    shapes = [one.shape_K3 for one in looks if one.shape_K3 is not None]
    shape = np.median(shapes, axis=0).astype(np.float32) if shapes else None
    return Appearance(shape, np.median([one.colours_C for one in looks], axis=0))


def distance(one: Appearance, other: Appearance) -> float:
    """How different two people look; below 1 they may well be one person."""
    colour = float(np.abs(one.colours_C - other.colours_C).mean()) / _COLOUR_UNIT
    if one.shape_K3 is None or other.shape_K3 is None:
        return colour
    shape = float(np.linalg.norm(one.shape_K3 - other.shape_K3, axis=1).mean()) / _SHAPE_UNIT
    return (shape + colour) / 2


# Set so that pieces of one person in other places and light stay below 1 (see tests).
_SHAPE_UNIT = 0.06
_COLOUR_UNIT = 10.0


def _colours(rgb_HWC: NDArray[np.uint8], box_4: Floats) -> Floats:
    """Mean Lab colours of the face, of what is above it and of what is below it."""
    height, width = rgb_HWC.shape[:2]
    left, top, right, bottom = box_4
    across, down = right - left, bottom - top
    patches = (
        (left + 0.25 * across, top + 0.3 * down, right - 0.25 * across, top + 0.75 * down),
        (left + 0.15 * across, top - 0.3 * down, right - 0.15 * across, top),
        (left - 0.2 * across, bottom + 0.25 * down, right + 0.2 * across, bottom + 0.7 * down),
    )
    values: list[float] = []
    for x0, y0, x1, y1 in patches:
        xs = np.clip([round(x0), round(x1)], 0, width)
        ys = np.clip([round(y0), round(y1)], 0, height)
        patch = rgb_HWC[ys[0] : ys[1], xs[0] : xs[1]]
        if patch.size == 0:
            values += values[:3] if values else [128.0, 128.0, 128.0]
            continue
        lab = cv2.cvtColor(
            cv2.resize(patch, (16, 16), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB
        )
        luma, a, b = np.median(lab.reshape(-1, 3).astype(np.float32), axis=0)
        values += [0.35 * float(luma), float(a), float(b)]
    return np.array(values, np.float32)
