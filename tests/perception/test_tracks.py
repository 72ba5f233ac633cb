"""Faces followed from frame to frame, on frames of the sample clips."""

import cv2
import numpy as np
import pytest
from tests.perception.pictures import Picture, actor, held, noise, somebody_else

from affectlens.media.clip import Frame
from affectlens.perception.observers import ExpressionNet, FaceDetector, FaceMesh
from affectlens.perception.ready import ready
from affectlens.perception.tracks import Follower, Piece

GREY = np.full((240, 320, 3), 110, np.uint8)


def followed(
    pictures: list[Picture], *, most: int = 8, cuts: tuple[int, ...] = (), rate_hz: float = 12.5
) -> list[Piece]:
    detect: FaceDetector = ready("blazeface")  # type: ignore[assignment]
    fit: FaceMesh = ready("google_mesh")  # type: ignore[assignment]
    follower = Follower(detect, fit, None, most=most)
    for index, picture in enumerate(pictures):
        follower.see(Frame(index / rate_hz, picture), cut=index in cuts)
    return follower.pieces()


def spans(pieces: list[Piece]) -> list[tuple[int, int]]:
    return [(round(p.times[0] * 12.5), round(p.times[-1] * 12.5)) for p in pieces]


def test_a_piece_ends_at_a_cut_and_another_begins() -> None:
    assert spans(followed(list(actor("NEU")[:10]), cuts=(6,))) == [(0, 5), (6, 9)]


def test_a_piece_ends_when_the_face_is_gone() -> None:
    pictures = [*actor("NEU")[:6], *[GREY] * 6]
    assert spans(followed(pictures)) == [(0, 5)]


def test_a_face_that_appears_is_found_within_half_a_second() -> None:
    (piece,) = followed([*[GREY] * 9, *actor("NEU")[:16]])
    assert 0.72 <= piece.times[0] <= 0.72 + 0.5
    assert round(piece.times[-1], 2) == 1.92


def test_another_face_in_the_same_place_is_another_piece_without_a_cut() -> None:
    pictures = [*actor("NEU")[:8], *(somebody_else(picture) for picture in actor("NEU")[8:16])]
    assert spans(followed(pictures)) == [(0, 7), (8, 15)]


def test_a_jump_of_the_face_loses_no_moment() -> None:
    pictures = list(actor("NEU")[:12])
    pictures[6:] = [np.roll(picture, 90, axis=1) for picture in pictures[6:]]
    assert [index for start, end in spans(followed(pictures)) for index in (start, end)] == [
        0, 5, 6, 11,
    ]  # fmt: skip


def test_no_more_than_so_many_are_followed_the_largest_first() -> None:
    large, small = actor("NEU")[0][:, 60:250], cv2.resize(actor("NEU")[0], (213, 160))
    picture = np.full((240, 400, 3), 110, np.uint8)
    picture[:, :190], picture[80:, 190:] = large, small[:, :210]
    assert len(followed(held(picture, 4))) == 2
    (only,) = followed(held(picture, 4), most=1)
    assert only.boxes[0][2] < 190 / 400


def test_every_list_of_a_piece_is_as_long_as_its_times() -> None:
    (piece,) = followed(list(actor("ANG")[:11]))
    for values in (piece.boxes, piece.presence, piece.poses, piece.mouths, piece.brows):
        assert len(values) == len(piece.times) == 11
    assert len(piece.looks) == 3
    assert piece.expressions == []


def test_boxes_are_shares_of_the_picture() -> None:
    (piece,) = followed(list(actor("NEU")[:3]))
    left, top, right, bottom = piece.boxes[0]
    assert 0.3 < left < right < 0.65
    assert 0.2 < top < bottom < 0.65


def test_noise_is_nobody() -> None:
    assert followed([noise(seed=seed) for seed in range(8)]) == []


@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 8.0, 12.5, 30.0])
def test_expression_and_looks_are_taken_in_time_whatever_the_rate(rate_hz: float) -> None:
    detect: FaceDetector = ready("blazeface")  # type: ignore[assignment]
    fit: FaceMesh = ready("google_mesh")  # type: ignore[assignment]
    express: ExpressionNet = ready("face_api")  # type: ignore[assignment]
    follower = Follower(detect, fit, express, most=8)
    for index, picture in enumerate(held(actor("NEU")[0], 16)):
        follower.see(Frame(index / rate_hz, picture), cut=False)
    (piece,) = follower.pieces()
    assert piece.expression_times[0] == 0.0
    gaps = np.diff([*piece.expression_times, piece.times[-1]])
    assert gaps.max() <= max(0.5, 1 / rate_hz) + 1e-6
    assert gaps[:-1].min() >= 0.39
    assert len(piece.looks) == len(piece.expressions) == len(piece.expression_times)
