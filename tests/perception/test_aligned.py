"""A face is brought to where OpenFace has it."""

import cv2
import numpy as np
import pytest
from tests.perception.pictures import actor, noise

from affectlens.foundation.missing import Missing
from affectlens.perception.aligned import aligned, crop, similarity
from affectlens.perception.observers import FaceMesh, Picture
from affectlens.perception.percepts import Floats
from affectlens.perception.ready import ready

BOX = np.array([0.3, 0.2, 0.62, 0.62], np.float32)  # the actor's, by eye
EYES, MOUTH = ([33, 133], [362, 263]), [61, 291]
LANDMARKS = np.array([[5, 9], [15, 9], [35, 9], [45, 9], [14, 40], [36, 40]], np.float32)


def face(picture: Picture, box_4: Floats = BOX) -> Picture:
    found = aligned(picture, box_4)
    assert not isinstance(found, Missing), found
    return found


def places(square: Picture) -> tuple[Floats, ...]:
    """Where a mesh finds the two eyes and the mouth, in pixels."""
    fit: FaceMesh | Missing = ready("google_mesh")
    assert not isinstance(fit, Missing)
    whole = np.array([0, 0, 224, 224], np.float32)
    mesh = fit.from_detection(square, whole * 0.9, np.array([[60, 70], [160, 70]], np.float32))
    assert mesh.presence > 0.5
    points = mesh.points_P3[:, :2]
    return points[EYES[0]].mean(0), points[EYES[1]].mean(0), points[MOUTH].mean(0)


@pytest.mark.parametrize("tilt", [0, 25, -25])
def test_eyes_and_mouth_lie_where_openface_has_them_however_the_head_is_tilted(tilt: int) -> None:
    centre = (147.0, 98.0)  # of the face
    turn = cv2.getRotationMatrix2D(centre, tilt, 1.0)
    picture = np.asarray(cv2.warpAffine(actor("NEU")[0], turn, (320, 240), borderMode=1), np.uint8)
    left, right, mouth = places(face(picture))
    # 112 + 1.4 px for each mm of OpenFace's mean face
    assert np.allclose(left, [66, 60], atol=8)
    assert np.allclose(right, [157, 60], atol=8)
    assert np.allclose(mouth, [112, 152], atol=8)


def test_a_larger_picture_gives_the_same_crop() -> None:
    small = actor("NEU")[0]
    large = np.asarray(cv2.resize(small, (1280, 960), interpolation=cv2.INTER_CUBIC), np.uint8)
    change = np.abs(face(small).astype(int) - face(large))
    assert change.mean() < 6


def test_where_there_is_no_face_there_is_no_crop() -> None:
    assert aligned(noise(), BOX) == Missing("no face could be aligned in its box")


def test_a_face_at_the_edge_is_filled_up_with_black() -> None:
    white = np.full((60, 60, 3), 255, np.uint8)
    square = crop(white, LANDMARKS)  # the eyes are 9 pixels below the edge
    assert (square[0] == 0).all()
    assert (square[150, 112] == 255).all()


def test_the_crop_is_as_large_as_asked() -> None:
    assert crop(noise(), LANDMARKS, side=112).shape == (112, 112, 3)


def test_a_similarity_brings_points_back_that_were_turned_scaled_and_moved() -> None:
    points = np.random.default_rng(0).normal(size=(6, 2))
    cos, sin = 2 * np.cos(0.7), 2 * np.sin(0.7)
    turn = np.array([[cos, -sin], [sin, cos]])
    found = similarity(points, points @ turn.T + [3, -5])
    assert np.allclose(found, np.column_stack([turn, [3, -5]]))
