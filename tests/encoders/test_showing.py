"""What encoders are shown is what the plan names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest
from tests.encoders.made_clips import Film, clip, film, percepts, sound
from tests.house.tree import ROOT
from tests.perception.pictures import actor, tracks

from affectlens.encoders.planning import plan
from affectlens.encoders.showing import show
from affectlens.encoders.view import Pictures, Plan, View, Waves
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip, Frame
from affectlens.media.opening import open_clip


@cache
def sample() -> Clip:
    return open_clip(ROOT / "examples" / "clips" / "1001_DFA_HAP_XX.mp4")


def pictures(of: Clip, wanted: Plan | Missing) -> Pictures:
    assert isinstance(wanted, Plan)
    shown = show(of, wanted)
    assert isinstance(shown, Pictures), shown
    return shown


def test_a_frame_is_the_one_of_its_number_in_the_file() -> None:
    video = sample().video
    assert not isinstance(video, Missing)
    every = list(video.frames())
    seen = pictures(sample(), plan(sample(), percepts(), View(of="frames", count=5)))
    length = round(sample().duration_s * video.rate_hz)
    numbers = [i * length // 5 for i in range(5)]
    assert seen.times_T.tolist() == [every[n].time_s for n in numbers]
    assert np.array_equal(seen.rgb_THWC, np.stack([every[n].rgb_HWC for n in numbers]))


def test_faces_are_aligned_crops_at_their_moments() -> None:
    faces = tracks(actor("HAP"))
    wanted = plan(sample(), percepts(*faces), View(of="faces", count=4))
    assert isinstance(wanted, Plan)
    seen = pictures(sample(), wanted)
    assert seen.rgb_THWC.shape == (4, 224, 224, 3)
    assert np.abs(seen.times_T - wanted.times_s).max() < 1 / 25


def test_a_moment_whose_box_holds_no_face_is_left_out() -> None:
    grey = np.full((240, 320, 3), 90, np.uint8)
    made = clip(Film([actor("HAP")[0], grey, actor("HAP")[0]]))
    box = (0.3, 0.2, 0.6, 0.62)
    seen = pictures(made, Plan("faces", (0.0, 0.1, 0.2), (box,) * 3))
    assert seen.times_T.tolist() == [0.0, 0.2]
    assert np.array_equal(seen.rgb_THWC[0], seen.rgb_THWC[1])
    none = show(made, Plan("faces", (0.1,), (box,)))
    assert none == Missing("no face could be aligned in its box")


def test_a_file_that_changes_its_size_is_shown_at_its_first() -> None:
    first = film(1, height=20, width=30).pictures[0]
    other = np.asarray(cv2.resize(first, (60, 40)), np.uint8)
    seen = pictures(clip(Film([first, other])), Plan("frames", (0.05, 0.15)))
    assert seen.rgb_THWC.shape == (2, 20, 30, 3)


@dataclass(frozen=True)
class Damaged(Film):
    """A video whose frames cannot be decoded."""

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        raise InputError("its frames cannot be decoded")


def test_pictures_that_cannot_be_decoded_are_missing_with_the_reason() -> None:
    made = clip(Damaged(film(3).pictures), sound(1.0))
    assert show(made, Plan("frames", (0.1,))) == Missing("its frames cannot be decoded")
    assert isinstance(show(made, Plan("sound", (0.0,))), Waves)


@pytest.mark.parametrize("length_s", [2.0, 2.00003, 1.99997, 0.7, 0.5])
def test_segments_of_sound_have_the_same_length_to_the_sample(length_s: float) -> None:
    heard = sound(length_s)
    wanted = plan(clip(heard=heard), percepts(), View(of="sound", count=7, segment_s=0.5))
    assert isinstance(wanted, Plan)
    waves = show(clip(heard=heard), wanted)
    assert isinstance(waves, Waves)
    assert [len(segment) for segment in waves.samples_NS] == [8000] * 7
    second = round(wanted.times_s[1] * 16000)
    assert np.array_equal(waves.samples_NS[1], heard.read()[second : second + 8000])


def test_the_whole_sound_is_every_sample() -> None:
    heard = sound(1.3)
    waves = show(clip(heard=heard), Plan("sound", (0.0,)))
    assert isinstance(waves, Waves)
    assert np.array_equal(waves.samples_NS[0], heard.read())
    assert waves.times_N.tolist() == [0.0]
