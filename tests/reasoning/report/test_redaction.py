"""Faces are gone where they were followed, and nothing else is touched."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.reasoning.render.samples import sound_only, two_people

from affectlens.foundation.timeline import Span
from affectlens.media.clip import Frame
from affectlens.reasoning.analysis import Track
from affectlens.reasoning.report.redaction import GAP_S, HOLD_S, box_at, redactor

LEFT, RIGHT = (0.1, 0.2, 0.3, 0.4), (0.5, 0.2, 0.7, 0.4)


def noise() -> NDArray[np.uint8]:
    """A picture in which every pixel differs."""
    return np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)


def test_between_two_sightings_the_box_moves_evenly() -> None:
    track = Track((1.0, 2.0), (LEFT, RIGHT), (Span(1, 2),))
    assert box_at(track, 1.25) == pytest.approx((0.2, 0.2, 0.4, 0.4))
    assert box_at(track, 2.0) == pytest.approx(RIGHT)


def test_around_the_sightings_the_box_is_held_for_a_while_and_then_let_go() -> None:
    track = Track((2.0, 2.0 + GAP_S + 2.5), (LEFT, RIGHT), (Span(2, 8),))
    assert box_at(track, 2.0 - HOLD_S) == LEFT
    assert box_at(track, 2.0 + HOLD_S) == LEFT
    assert box_at(track, 2.0 - HOLD_S - 0.1) is None
    assert box_at(track, 2.0 + HOLD_S + 0.1) is None
    assert box_at(track, 2.0 + GAP_S + 2.4) == RIGHT


def test_a_face_keeps_no_detail_and_the_rest_of_the_picture_is_untouched() -> None:
    frame = Frame(0.0, noise())
    before = frame.rgb_HWC.copy()
    after = redactor(two_people().people)(frame)
    track = two_people().people[0].track
    assert track is not None
    left, top, right, bottom = (
        int(share * side) for share, side in zip(track.boxes[0], (640, 360, 640, 360), strict=True)
    )
    assert np.array_equal(frame.rgb_HWC, before)
    face = after[top:bottom, left:right].astype(float)
    assert np.abs(np.diff(face, axis=1)).mean() < 2 < np.abs(np.diff(before.astype(float))).mean()
    assert np.array_equal(after[330:], before[330:])
    assert np.array_equal(after[:, :10], before[:, :10])


def test_the_short_gap_in_which_the_detector_lost_the_face_is_blurred_too() -> None:
    frame = Frame(3.3, noise())
    assert not np.array_equal(redactor(two_people().people)(frame), frame.rgb_HWC)


def test_a_box_beyond_the_picture_is_cut_and_a_voice_has_none() -> None:
    outside = Track((0.0, 0.1), ((-0.5, -0.5, 0.1, 0.1), (1.5, 1.5, 1.8, 1.8)), (Span(0, 0.1),))
    person = two_people().people[0]
    for time_s in (0.0, 0.1):
        people = [replace(person, track=outside)]
        assert redactor(people)(Frame(time_s, noise())).shape == (360, 640, 3)
    assert np.array_equal(redactor(sound_only().people)(Frame(0.0, noise())), noise())
