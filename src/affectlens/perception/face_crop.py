"""Pictures that are a face crop, as data sets of faces hand them out: where in them the face lies.

A box that is the whole picture, from edge to edge, says so; the detector `whole` gives nothing
else. Such a picture shows a face whether or not a mesh fits it.
"""

# H height, W width, C colour

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.perception.observers import FaceMesh, Mesh, Picture
from affectlens.perception.percepts import Floats

WHOLE_4 = np.array([0, 0, 1, 1], np.float32)  # as shares of a picture
NO_MESH = Missing("no mesh fits the face: it is too small, hidden or turned away")
PRESENT = 0.5  # a mesh less sure than this lies on no face

# Of faces of FER+ valid (48 × 48 pixels, n = 300) a mesh fits 81 % where the face is looked for in
# the whole picture, 94 % in its middle, and 98 % with the two tilts; what a detector finds in the
# same pictures, enlarged on grey, 97 %. Enlarging them first changes nothing.
_SHARE = 0.8
_TILTS_DEG = (0.0, -25.0, 25.0)


def is_whole(box_4: Floats, width: float = 1.0, height: float = 1.0) -> bool:
    """Whether a box is the whole picture, to the letter."""
    return bool((np.asarray(box_4) == np.array([0, 0, width, height], np.float32)).all())


def fitted(fit: FaceMesh, rgb_HWC: Picture) -> Mesh | Missing:
    """The mesh of the face that fills the picture; its tilt is tried."""
    size_2 = np.array(rgb_HWC.shape[1::-1], np.float32)
    box_4 = np.concatenate([size_2 * (1 - _SHARE) / 2, size_2 * (1 + _SHARE) / 2])
    for tilt_rad in np.radians(_TILTS_DEG):
        along_2 = size_2[0] / 4 * np.array([np.cos(tilt_rad), np.sin(tilt_rad)])
        eyes_22 = np.stack([size_2 / 2 - along_2, size_2 / 2 + along_2]).astype(np.float32)
        mesh = fit.from_detection(rgb_HWC, box_4, eyes_22)
        if mesh.presence >= PRESENT:
            mesh = fit.from_mesh(rgb_HWC, mesh.points_P3)  # the better crop
        if mesh.presence >= PRESENT:
            return mesh
    return NO_MESH


def squared(rgb_HWC: Picture, *, side: int) -> Picture:
    """The whole picture in the middle of a square, black around it."""
    import cv2

    height, width = rgb_HWC.shape[:2]
    zoom = side / max(height, width)
    across, down = max(1, round(width * zoom)), max(1, round(height * zoom))
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    square = np.zeros((side, side, 3), np.uint8)
    left, top = (side - across) // 2, (side - down) // 2
    square[top : top + down, left : left + across] = cv2.resize(
        rgb_HWC, (across, down), interpolation=how
    )
    return square
