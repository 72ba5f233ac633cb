"""What a face mesh says by its geometry alone: head pose, the mouth's opening, the brows."""

# P 478 points of the mesh, x to the right, y down, z away from the camera, all in pixels

import numpy as np

from affectlens.perception.percepts import Floats

# Points of the canonical face mesh; "left" is the left of the picture.
EYE_LEFT, EYE_RIGHT = 33, 263  # outer corners
LIP_UPPER, LIP_LOWER = 13, 14  # inner edges
SIDE_LEFT, SIDE_RIGHT = 234, 454  # where the ears begin
FOREHEAD, CHIN = 10, 152
INNER_BROWS = [55, 285, 66, 296, 107, 336]
INNER_EYE_CORNERS = [133, 362]

# The canonical face's forehead-to-chin line leans by this much when the face looks straight ahead:
# the median over frontal neutral faces of FER+ train.
_LEAN_DEG = -9.3


def axes(points_P3: Floats) -> Floats:
    """The head's own directions as rows: to the right of the picture, down, into the picture."""
    right = points_P3[SIDE_RIGHT] - points_P3[SIDE_LEFT]
    right = right / np.linalg.norm(right)
    down = points_P3[CHIN] - points_P3[FOREHEAD]
    down = down - right * (down @ right)
    down = down / np.linalg.norm(down)
    return np.stack([right, down, np.cross(right, down)]).astype(np.float32)


def head_pose(points_P3: Floats) -> Floats:
    """Pitch (up +), yaw (to the viewer's right +), roll (clockwise +) in degrees."""
    right, _, into = axes(points_P3)
    roll = np.arctan2(right[1], right[0])
    cos, sin = np.cos(roll), np.sin(roll)
    # Nodding and turning are told as if the head stood upright: a tilt changes neither.
    x, y, z = -into
    x, y = cos * x + sin * y, cos * y - sin * x
    pitch = np.degrees(np.arctan2(-y, np.hypot(x, z))) - _LEAN_DEG
    yaw = np.degrees(np.arctan2(x, -z))
    return np.array([pitch, yaw, np.degrees(roll)], np.float32)


def mouth_open(points_P3: Floats) -> float:
    """Gap between the inner lips over the distance of the eyes' outer corners."""
    gap = np.linalg.norm(points_P3[LIP_LOWER] - points_P3[LIP_UPPER])
    return float(gap / eye_distance(points_P3))


def brow_height(points_P3: Floats) -> float:
    """Inner brows above the eyes' inner corners over the distance of the outer corners."""
    eyes_3, brows_3 = points_P3[INNER_EYE_CORNERS].mean(0), points_P3[INNER_BROWS].mean(0)
    down = axes(points_P3)[1]
    return float((eyes_3 - brows_3) @ down / eye_distance(points_P3))


def eye_distance(points_P3: Floats) -> float:
    """Distance of the eyes' outer corners in pixels."""
    return float(np.linalg.norm(points_P3[EYE_RIGHT] - points_P3[EYE_LEFT]))


def box(points_P3: Floats) -> Floats:
    """The smallest box around the mesh: left, top, right, bottom in pixels."""
    return np.concatenate([points_P3[:, :2].min(0), points_P3[:, :2].max(0)]).astype(np.float32)
