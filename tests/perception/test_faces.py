"""Faces of whole clips: ids over cuts and losses, what is left out, what is kept."""

import gc
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from tests.house.tree import ROOT
from tests.perception.pictures import (
    NOTHING,
    Picture,
    Pictures,
    actor,
    held,
    landscape,
    noise,
    seen,
    somebody_else,
    tracks,
)

from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.perception.backends import face_api
from affectlens.perception.faces import observe_faces
from affectlens.perception.percepts import ACTION_UNITS, FaceTrack
from affectlens.perception.settings import FaceSettings

SHARED = ROOT.parent / "shared" / "media"
GREY = np.full((240, 320, 3), 110, np.uint8)


def times(track: FaceTrack) -> list[float]:
    return [round(float(time_s), 2) for time_s in track.times_T]


def test_every_number_of_a_track_has_one_value_for_each_moment() -> None:
    (track,) = tracks(actor("HAP"))
    count = len(track.times_T)
    assert count == len(actor("HAP"))
    assert not isinstance(track.pose_T3, Missing)
    assert not isinstance(track.mouth_open_T, Missing)
    assert track.boxes_T4.shape == (count, 4)
    assert track.pose_T3.shape == (count, 3)
    assert track.confidence_T.shape == track.mouth_open_T.shape == (count,)
    assert set(track.action_units) == set(ACTION_UNITS)
    for values_T in (*track.blendshapes.values(), track.confidence_T):
        assert values_T.shape == (count,)
        assert ((values_T >= 0) & (values_T <= 1)).all()
    assert not isinstance(track.expression, Missing)
    assert np.allclose(track.expression.probabilities_EL.sum(1), 1, atol=1e-4)


def test_the_same_clip_gives_the_same_numbers() -> None:
    (one,), (other,) = tracks(actor("SAD")[:12]), tracks(actor("SAD")[:12])
    assert np.array_equal(one.boxes_T4, other.boxes_T4)
    assert all(np.array_equal(one.blendshapes[n], other.blendshapes[n]) for n in one.blendshapes)


@pytest.mark.parametrize("make", [noise, landscape, lambda: GREY])
def test_pictures_without_faces_give_a_reason(make: Callable[[], Picture]) -> None:
    found = seen(held(make(), 10)).tracks
    assert isinstance(found, Missing)
    assert "10 frames" in found.reason


@pytest.mark.parametrize("seed", range(4))
def test_a_large_still_without_faces_has_none(seed: int) -> None:
    assert tracks([landscape(800, 1200, seed)], still=True) == ()


def test_two_people_cut_to_and_fro_keep_their_ids() -> None:
    first, second = actor("NEU"), [somebody_else(picture) for picture in actor("SAD")]
    one, other = tracks([*first[:10], *second[:10], *first[10:20], *second[10:20]])
    assert (one.person, other.person) == ("P1", "P2")
    assert times(one) == [round(i * 0.08, 2) for i in (*range(10), *range(20, 30))]
    assert times(other) == [round(i * 0.08, 2) for i in (*range(10, 20), *range(30, 40))]


def test_a_person_who_leaves_and_comes_back_keeps_the_id() -> None:
    (track,) = tracks([*actor("NEU")[:12], *[GREY] * 15, *actor("SAD")[:12]])
    assert len(track.times_T) == 24
    assert np.diff(track.times_T).max() > 1


def test_two_people_side_by_side_are_two_from_left_to_right() -> None:
    wide = [
        np.ascontiguousarray(np.hstack([a[:, 60:250], somebody_else(b)[:, 60:250]]))
        for a, b in zip(actor("NEU")[:15], actor("ANG")[:15], strict=True)
    ]
    left, right = tracks(wide)
    assert (left.person, right.person) == ("P1", "P2")
    assert left.boxes_T4[:, 2].max() < right.boxes_T4[:, 0].min()
    assert len(left.times_T) == len(right.times_T) == 15


def test_a_face_keeps_its_id_while_the_camera_pans_and_zooms() -> None:
    pictures = []
    for index, picture in enumerate(actor("ANG")[:25]):
        view = np.array([[1 + index / 40, 0, -5 * index], [0, 1 + index / 40, -2 * index]])
        pictures.append(cv2.warpAffine(picture, view, (320, 240), borderMode=1))
    (track,) = tracks(pictures)
    assert len(track.times_T) == 25


def test_a_face_that_fills_the_picture_is_found() -> None:
    near = cv2.resize(actor("NEU")[3][50:150, 95:195], (640, 640), interpolation=cv2.INTER_CUBIC)
    assert len(tracks([near], still=True)) == 1


def test_small_faces_of_a_large_still_are_found() -> None:
    group = np.full((1200, 1800, 3), 110, np.uint8)
    for x, y in ((100, 200), (800, 700), (1400, 300)):
        group[y : y + 240, x : x + 320] = actor("NEU")[0]
    assert len(tracks([group], still=True)) == 3


def test_a_glimpse_in_a_video_is_no_track_but_a_still_is() -> None:
    face = actor("NEU")[0]
    assert tracks([*[GREY] * 10, face, face, *[GREY] * 10]) == ()
    assert len(tracks([face], still=True)) == 1


def test_a_video_of_two_frames_still_shows_its_face() -> None:
    assert len(tracks(list(actor("NEU")[:2]))) == 1


def test_more_faces_than_are_followed_is_said() -> None:
    face = actor("NEU")[0][:, 60:250]
    crowd = np.ascontiguousarray(np.vstack([np.hstack([face] * 4)] * 3))
    found = seen(held(crowd, 3))
    assert not isinstance(found.tracks, Missing)
    assert len(found.tracks) == FaceSettings().max_people
    assert "max_people" in " ".join(found.warnings)
    assert len(tracks([crowd], still=True)) > FaceSettings().max_people


class _Fleeting(Sequence[Picture]):
    """The same picture many times, each a copy that nobody holds but who asked for it."""

    def __init__(self, picture: Picture, often: int) -> None:
        self.picture, self.often = picture, often
        self.given: list[weakref.ref[Picture]] = []

    def __len__(self) -> int:
        return self.often

    def __getitem__(self, index: Any) -> Any:
        if index >= self.often:
            raise IndexError
        copy = self.picture.copy()
        self.given.append(weakref.ref(copy))
        return copy


def test_only_numbers_are_kept_of_a_frame() -> None:
    pictures = _Fleeting(actor("NEU")[0], 60)
    found = seen(pictures)
    gc.collect()
    assert not isinstance(found.tracks, Missing)
    assert len(pictures.given) == 60
    assert not [frame for frame in pictures.given if frame() is not None]


def test_a_clip_without_pictures_says_why() -> None:
    clip = Clip("sound", ROOT, "", 1.0, Missing("there is no video stream"), NOTHING, NOTHING)
    assert observe_faces(clip, FaceSettings()).tracks == Missing("there is no video stream")


def test_a_missing_expression_net_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_api, "available", lambda _: Missing("no net here"))
    (track,) = tracks(actor("NEU")[:10])
    assert track.expression == Missing("no net here")
    assert len(track.times_T) == 10


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count"),
    [("multi_face.jpg", 5), ("no_face.mp4", 0), ("single_face.mp4", 1), ("face_noface.mov", 1)],
)
def test_files_that_everybody_knows_have_their_faces(name: str, count: int) -> None:
    if not (SHARED / name).is_file():
        pytest.skip("../shared/media is not here")
    found = observe_faces(open_clip(SHARED / name), FaceSettings()).tracks
    assert (0 if isinstance(found, Missing) else len(found)) == count


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    clip = Clip("x", ROOT, "", 0.8, Pictures(actor("NEU")[:10]), NOTHING, NOTHING)
    observe_faces(clip, FaceSettings(), progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
