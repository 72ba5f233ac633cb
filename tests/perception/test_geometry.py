"""Signs and sizes of what a mesh says, on a plain head whose turn is known."""

# P points

import numpy as np
import pytest

from affectlens.perception import geometry
from affectlens.perception.percepts import Floats

LEAN_DEG = 9.3  # how the canonical mesh leans, see `geometry`


def head(pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0, size: float = 100.0) -> Floats:
    """A head that looks up, to the viewer's right and leans clockwise by degrees."""
    points_P3 = np.random.default_rng(0).normal(0, 0.1, (478, 3))
    points_P3[geometry.SIDE_LEFT], points_P3[geometry.SIDE_RIGHT] = (-1, 0, 0), (1, 0, 0)
    points_P3[geometry.EYE_LEFT], points_P3[geometry.EYE_RIGHT] = (-0.5, -0.3, 0), (0.5, -0.3, 0)
    points_P3[geometry.FOREHEAD], points_P3[geometry.CHIN] = (0, -1, 0), (0, 1, 0)
    points_P3[geometry.LIP_UPPER], points_P3[geometry.LIP_LOWER] = (0, 0.5, 0), (0, 0.7, 0)
    points_P3[geometry.INNER_BROWS] = (0, -0.6, 0)
    points_P3[geometry.INNER_EYE_CORNERS] = (0, -0.3, 0)
    up, right, lean = np.radians([pitch - LEAN_DEG, yaw, roll])
    # x to the right, y down, z away from the viewer: the face looks along -z.
    nod = [[1, 0, 0], [0, np.cos(up), np.sin(up)], [0, -np.sin(up), np.cos(up)]]
    turn = [[np.cos(right), 0, -np.sin(right)], [0, 1, 0], [np.sin(right), 0, np.cos(right)]]
    tilt = [[np.cos(lean), -np.sin(lean), 0], [np.sin(lean), np.cos(lean), 0], [0, 0, 1]]
    moved = points_P3 @ np.transpose(np.array(tilt) @ turn @ nod)
    return np.asarray(moved * size + 300, np.float32)


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll"),
    [(0, 0, 0), (20, 0, 0), (-20, 0, 0), (0, 30, 0), (0, -30, 0), (0, 0, 25), (0, 0, -25)],
)
def test_pose_has_the_signs_and_degrees_that_are_promised(
    pitch: float, yaw: float, roll: float
) -> None:
    assert geometry.head_pose(head(pitch, yaw, roll)) == pytest.approx([pitch, yaw, roll], abs=0.5)


def test_pose_stays_near_when_the_head_turns_in_all_ways() -> None:
    assert geometry.head_pose(head(10, 20, 10)) == pytest.approx([10, 20, 10], abs=5)


@pytest.mark.parametrize("size", [20.0, 400.0])
@pytest.mark.parametrize("roll", [0.0, 40.0])
def test_openings_and_heights_do_not_depend_on_size_or_tilt(size: float, roll: float) -> None:
    points_P3 = head(LEAN_DEG, 0, roll, size)
    assert geometry.mouth_open(points_P3) == pytest.approx(0.2, abs=1e-3)
    assert geometry.brow_height(points_P3) == pytest.approx(0.3, abs=1e-3)
    assert geometry.eye_distance(points_P3) == pytest.approx(size, rel=1e-3)


def test_the_box_holds_every_point() -> None:
    points_P3 = head(10, 20, 30)
    left, top, right, bottom = geometry.box(points_P3)
    assert (points_P3[:, 0] >= left).all()
    assert (points_P3[:, 0] <= right).all()
    assert (points_P3[:, 1] >= top).all()
    assert (points_P3[:, 1] <= bottom).all()


def test_the_heads_own_directions_are_at_right_angles() -> None:
    own_33 = geometry.axes(head(10, 20, 30))
    assert np.allclose(own_33 @ own_33.T, np.eye(3), atol=1e-5)
