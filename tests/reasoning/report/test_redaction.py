"""Faces are gone where they were followed or can be found, and nothing else is touched."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.perception.pictures import NOTHING, RATE_HZ, Pictures, actor, somebody_else
from tests.reasoning.render.samples import sound_only, two_people

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip, Frame
from affectlens.media.opening import open_clip
from affectlens.perception.faces import observe_faces
from affectlens.perception.ready import ready
from affectlens.perception.settings import FaceSettings
from affectlens.reasoning.analysis import Person, Track
from affectlens.reasoning.report.excerpt import Excerpt, excerpt
from affectlens.reasoning.report.redaction import (
    FOUND_HOLD_S,
    GAP_S,
    HOLD_S,
    Found,
    box_at,
    find_faces,
    joined,
    redactor,
)

LEFT, RIGHT = (0.1, 0.2, 0.3, 0.4), (0.5, 0.2, 0.7, 0.4)
NONE = Found((), ())
GREY = np.full((240, 320, 3), 110, np.uint8)


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
    after = redactor(two_people().people, NONE)(frame)
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
    assert not np.array_equal(redactor(two_people().people, NONE)(frame), frame.rgb_HWC)


def test_a_box_beyond_the_picture_is_cut_and_a_voice_has_none() -> None:
    outside = Track((0.0, 0.1), ((-0.5, -0.5, 0.1, 0.1), (1.5, 1.5, 1.8, 1.8)), (Span(0, 0.1),))
    person = two_people().people[0]
    for time_s in (0.0, 0.1):
        people = [replace(person, track=outside)]
        assert redactor(people, NONE)(Frame(time_s, noise())).shape == (360, 640, 3)
    assert np.array_equal(redactor(sound_only().people, NONE)(Frame(0.0, noise())), noise())


def test_what_was_found_is_hidden_half_a_second_before_and_after() -> None:
    hide = redactor((), Found((1.0, 5.0), ((LEFT,), ())))
    for time_s in (1.0 - FOUND_HOLD_S, 1.0, 1.0 + FOUND_HOLD_S):
        assert not np.array_equal(hide(Frame(time_s, noise())), noise())
    for time_s in (0.9 - FOUND_HOLD_S, 1.1 + FOUND_HOLD_S, 5.0):
        assert np.array_equal(hide(Frame(time_s, noise())), noise())


def test_boxes_that_overlap_become_one_around_them_and_others_stay() -> None:
    near, bridge = (0.25, 0.3, 0.45, 0.5), (0.4, 0.2, 0.55, 0.4)
    assert sorted(joined([LEFT, RIGHT])) == [LEFT, RIGHT]
    assert joined([LEFT, near]) == [(0.1, 0.2, 0.45, 0.5)]
    assert joined([LEFT, RIGHT, near, bridge]) == [(0.1, 0.2, 0.7, 0.5)]


def shown(
    pictures: Sequence[NDArray[np.uint8]], people: Sequence[Person], folder: Path, *, still: bool
) -> list[int]:
    """How many faces a detector finds in each frame of the redacted excerpt."""
    video = Pictures(pictures, still)
    clip = Clip("x", folder, "", len(pictures) / RATE_HZ, video, NOTHING, NOTHING)
    made = excerpt(clip, people, redact=True)
    assert isinstance(made, Excerpt)
    target = folder / ("x.jpg" if still else "x.mp4")
    target.write_bytes(made.data)
    excerpted = open_clip(target).video
    assert not isinstance(excerpted, Missing)
    found = find_faces(excerpted, clip.duration_s)
    assert isinstance(found, Found)
    return [len(boxes) for boxes in found.boxes]


def followed(pictures: Sequence[NDArray[np.uint8]], most: int) -> list[Person]:
    """The people whom the analysis followed."""
    clip = Clip("x", Path("x"), "", 1.0, Pictures(pictures), NOTHING, NOTHING)
    tracks = observe_faces(clip, FaceSettings(max_people=most)).tracks
    assert not isinstance(tracks, Missing)
    boxes = [tuple((*map(float, box),) for box in track.boxes_T4) for track in tracks]
    return [
        replace(
            two_people().people[0],
            track=Track(tuple(track.times_T.tolist()), own, ()),  # type: ignore[arg-type]
        )
        for track, own in zip(tracks, boxes, strict=True)
    ]


def test_a_face_beyond_the_most_that_are_followed_is_hidden_too(tmp_path: Path) -> None:
    wide = [
        np.ascontiguousarray(np.hstack([a[:, 60:250], somebody_else(b)[:, 60:250]]))
        for a, b in zip(actor("NEU")[:15], actor("ANG")[:15], strict=True)
    ]
    people = followed(wide, most=1)
    assert len(people) == 1
    assert shown(wide, people, tmp_path, still=False) == [0] * 15


def test_a_face_of_one_moment_that_nobody_followed_is_hidden(tmp_path: Path) -> None:
    glimpse = np.roll(actor("NEU")[0], 80, axis=1)
    pictures = [*actor("NEU")[:8], *[GREY] * 20, glimpse, *[GREY] * 10]
    people = followed(pictures, most=8)
    assert people[0].track is not None
    assert people[0].track.times_s[-1] < 8 / RATE_HZ
    assert shown(pictures, people, tmp_path, still=False) == [0] * 39


def test_small_faces_of_a_large_still_are_hidden(tmp_path: Path) -> None:
    group = np.full((1200, 1800, 3), 110, np.uint8)
    for x, y in ((100, 200), (800, 700), (1400, 300)):
        group[y : y + 240, x : x + 320] = actor("NEU")[0]
    one = Track((0.0,), ((0.1, 0.2, 0.17, 0.3),), ())
    people = [replace(two_people().people[0], track=one)]
    assert shown([group], people, tmp_path, still=True) == [0]


def test_without_a_detector_no_picture_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from affectlens.perception.backends import blazeface

    monkeypatch.setattr(blazeface, "available", lambda _: Missing("no net here"))
    clip = Clip("x", tmp_path, "", 1.0, Pictures(actor("NEU")[:3]), NOTHING, NOTHING)
    made = excerpt(clip, two_people().people, redact=True)
    assert isinstance(made, Missing)
    assert "no net here" in made.reason


def test_the_detector_sees_these_faces_before_they_are_hidden() -> None:
    assert not isinstance(ready("blazeface"), Missing)
    found = find_faces(Pictures(actor("NEU")[:5]), 0.4)
    assert isinstance(found, Found)
    assert [len(boxes) for boxes in found.boxes] == [1] * 5
