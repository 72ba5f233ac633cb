"""Who is who: pieces of tracks that show the same person get the same id.

There is no face-recognition net here. People are told apart inside one clip only: by a small grey
picture of the face with its light evened out, and where a face is never seen from the front, by the
colours of skin, hair and clothes. Nothing of it is kept. `tests/perception/test_faces.py` has the
made-up clips on which it was set.
"""

# P points of the mesh, S side of a small picture, D its pixels, C colour values, H height, W width

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.perception.geometry import box
from affectlens.perception.percepts import Floats

_FRONTAL_DEG = 35.0  # faces turned further are not compared by their picture
# Pairs of mesh points whose middles are the eyes and the mouth, and where those go, as shares.
_LANDMARKS = np.array([[33, 133], [362, 263], [61, 291]])
_PLACES_32 = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.75]], np.float32)
_WARPED, _SIDE = (
    64,
    12,
)  # pixels; twelve are few enough to outlive expressions, many enough to differ
_LIGHT = 4.0  # pixels of the small picture; what changes slower is light, not the face
# Same person in other light, place and moment: median 0.36, 90 % 0.58. Two people: 5 % 0.92; of
# strangers in FER+ 1 % lie below 0.76.
_FACE_UNIT = 0.75
_COLOUR_UNIT = 12.0  # of Lab; same person 90 % 11, two people median 10.5: weak


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One moment's appearance."""

    face_D: Floats | None  # None: turned too far
    colours_C: Floats  # of hair and clothes, less the skin's


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """The median over moments of one piece of track, or the mean of several pieces."""

    face_D: Floats | None
    colours_C: Floats
    looks: int


def look(rgb_HWC: NDArray[np.uint8], points_P3: Floats, yaw_deg: float) -> Look:
    """What one frame shows of a person."""
    frontal = abs(yaw_deg) <= _FRONTAL_DEG
    return Look(_face(rgb_HWC, points_P3) if frontal else None, _colours(rgb_HWC, box(points_P3)))


def appearance(looks: Sequence[Look]) -> Appearance:
    """The median of several moments."""
    faces = [one.face_D for one in looks if one.face_D is not None]
    face = np.median(faces, axis=0).astype(np.float32) if faces else None
    colours = np.median([one.colours_C for one in looks], axis=0).astype(np.float32)
    return Appearance(face, colours, len(looks))


def together(one: Appearance, other: Appearance) -> Appearance:
    """One appearance of two pieces that show the same person."""
    share = one.looks / (one.looks + other.looks)
    face = other.face_D if one.face_D is None else one.face_D
    if one.face_D is not None and other.face_D is not None:
        face = (share * one.face_D + (1 - share) * other.face_D).astype(np.float32)
    colours = (share * one.colours_C + (1 - share) * other.colours_C).astype(np.float32)
    return Appearance(face, colours, one.looks + other.looks)


def distance(one: Appearance, other: Appearance) -> float:
    """How different two people look; below 1 they may well be one person."""
    if one.face_D is None or other.face_D is None:
        return float(np.abs(one.colours_C - other.colours_C).mean()) / _COLOUR_UNIT
    return float(np.linalg.norm(one.face_D - other.face_D)) / _FACE_UNIT


def _face(rgb_HWC: NDArray[np.uint8], points_P3: Floats) -> Floats:
    """The face in grey with eyes and mouth in fixed places, light evened out, of length 1."""
    from_32 = points_P3[_LANDMARKS, :2].mean(1).astype(np.float32)
    warp = cv2.getAffineTransform(from_32, _PLACES_32 * _WARPED)
    warped = cv2.warpAffine(rgb_HWC, warp, (_WARPED, _WARPED), flags=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(warped, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small_SS = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    even_D = (small_SS - cv2.GaussianBlur(small_SS, (0, 0), _LIGHT)).ravel()
    even_D -= even_D.mean()
    return np.asarray(even_D / max(float(np.linalg.norm(even_D)), 1e-6), np.float32)


def _colours(rgb_HWC: NDArray[np.uint8], box_4: Floats) -> Floats:
    """Lab colours of what is above the face and of what is below it, less the face's own."""
    height, width = rgb_HWC.shape[:2]
    left, top, right, bottom = box_4
    across, down = right - left, bottom - top
    patches = (
        (left + 0.25 * across, top + 0.3 * down, right - 0.25 * across, top + 0.75 * down),
        (left + 0.15 * across, top - 0.3 * down, right - 0.15 * across, top),
        (left - 0.2 * across, bottom + 0.25 * down, right + 0.2 * across, bottom + 0.7 * down),
    )
    colours: list[Floats] = []
    for x0, y0, x1, y1 in patches:
        xs = np.clip([round(x0), round(x1)], 0, width)
        ys = np.clip([round(y0), round(y1)], 0, height)
        patch = rgb_HWC[ys[0] : ys[1], xs[0] : xs[1]]
        # a patch outside the picture says nothing: as if it were skin
        colours.append(_colour(patch) if patch.size else colours[0] if colours else _GREY)
    skin, above, below = colours
    return np.concatenate([above - skin, below - skin])


_GREY = np.array([128, 128, 128], np.float32)


def _colour(patch_HWC: NDArray[np.uint8]) -> Floats:
    """Median Lab colour, 8-bit scale."""
    small = cv2.resize(patch_HWC, (16, 16), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return np.asarray(np.median(lab, axis=0), np.float32)
