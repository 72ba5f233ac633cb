"""One face as OpenFace aligns it: turned upright, eyes and mouth always in the same place."""

# H height, W width, C colour, L landmarks (four corners of the eyes, two of the mouth)

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.perception.face_crop import PRESENT, fitted, is_whole, squared
from affectlens.perception.observers import FaceMesh, Mesh, Picture
from affectlens.perception.percepts import Floats
from affectlens.perception.ready import ready

SIDE = 224
_MESH = "google_mesh"

# Corners of the eyes from left to right of the picture, then of the mouth: points of the mesh …
_LANDMARKS = [33, 133, 362, 263, 61, 291]
# … and where OpenFace's mean face has them (points 36, 39, 42, 45, 48, 54), mm from its middle.
_MEAN_FACE_MM = np.array(
    [[-46.0, -37.5], [-19.6, -36.8], [19.3, -37.0], [45.2, -38.1], [-28.9, 28.6], [28.8, 28.1]]
)
_LEVEL_2 = np.array([1, 0], np.float32)
_SHOWN_MM = 112 / 0.7  # its crops are 112 pixels at `-simscale 0.7` pixels per mm


def aligned(rgb_HWC: Picture, box_4: Floats, *, side: int = SIDE) -> Picture | Missing:
    """The face in a box (shares of the picture) as a square; what lies outside is black.

    OpenFace blackens what is not the face unless told `-nomask`; here it is left as it is. A box
    that is the whole picture says that the picture is a face: where no mesh fits it, it is given
    as it is, squared. In any other box a face that no mesh fits is Missing.
    """
    fit: FaceMesh | Missing = ready(_MESH)
    if isinstance(fit, Missing):
        return fit
    mesh = fitted(fit, rgb_HWC) if is_whole(box_4) else _boxed(fit, rgb_HWC, box_4)
    if isinstance(mesh, Missing):
        return squared(rgb_HWC, side=side) if is_whole(box_4) else mesh
    return crop(rgb_HWC, mesh.points_P3[_LANDMARKS, :2], side=side)


def _boxed(fit: FaceMesh, rgb_HWC: Picture, box_4: Floats) -> Mesh | Missing:
    """The mesh of the face in a box, whose tilt is not known."""
    height, width = rgb_HWC.shape[:2]
    box_px_4 = np.asarray(box_4, np.float32) * np.array([width, height] * 2, np.float32)
    middle = (box_px_4[:2] + box_px_4[2:]) / 2
    level_22 = np.stack([middle - _LEVEL_2, middle + _LEVEL_2])
    mesh = fit.from_detection(rgb_HWC, box_px_4, level_22.astype(np.float32))
    if mesh.presence >= PRESENT:
        mesh = fit.from_mesh(rgb_HWC, mesh.points_P3)  # knows the tilt, so the better crop
    return mesh if mesh.presence >= PRESENT else Missing("no face could be aligned in its box")


def crop(rgb_HWC: Picture, landmarks_L2: Floats, *, side: int = SIDE) -> Picture:
    """The square around a face whose six landmarks are known, in pixels."""
    import cv2

    wanted_L2 = (_MEAN_FACE_MM / _SHOWN_MM + 0.5) * side
    into = similarity(np.asarray(landmarks_L2, np.float64), wanted_L2)
    return np.asarray(cv2.warpAffine(rgb_HWC, into, (side, side)), np.uint8)  # linear, as OpenFace


def similarity(from_L2: NDArray[np.float64], to_L2: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turn, scale and shift, shape (2, 3), that bring points nearest to others."""
    start_2, end_2 = from_L2.mean(0), to_L2.mean(0)
    a_L2, b_L2 = from_L2 - start_2, to_L2 - end_2
    cos = (a_L2 * b_L2).sum()
    sin = (a_L2[:, 0] * b_L2[:, 1] - a_L2[:, 1] * b_L2[:, 0]).sum()
    turn = np.array([[cos, -sin], [sin, cos]]) / (a_L2**2).sum()
    return np.column_stack([turn, end_2 - turn @ start_2])
