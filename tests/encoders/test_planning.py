"""Which moments and boxes a view means in a clip."""

import logging

import numpy as np
import pytest
from tests.encoders.made_clips import NOTHING, Film, clip, film, percepts, sound, track

from affectlens.encoders.planning import main_track, plan
from affectlens.encoders.view import Plan, Sampling, View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.perception.percepts import Percepts

SMALL, LARGE = track("P1", 7), track("P2", 30, size=0.4)
TWO = percepts(SMALL, LARGE)
NOBODY = percepts()
FORTY = clip(film(40), sound(4.0))
FRAMES = {"first_frame": 0, "middle_frame": 20}


def planned(
    view: View,
    seen: Percepts = TWO,
    *,
    of: Clip = FORTY,
    person: str | None = None,
    span: Span | None = None,
) -> Plan:
    found = plan(of, seen, view, person=person, span=span)
    assert isinstance(found, Plan), found
    return found


def numbers(view: View, length: int = 40, span: Span | None = None) -> list[int]:
    """Which of a video's frames a view shows."""
    found = planned(view, of=clip(film(length)), span=span)
    return [int(time_s * 10) for time_s in found.times_s]


def moments(view: View, *, seed: int = 0, sha256: str = "0a") -> list[int]:
    """Which of a track's moments a view of faces shows."""
    found = planned(view, percepts(LARGE), of=clip(film(40), sha256=sha256))
    return [round(time_s * 10) for time_s in found.times_s]


def test_the_peak_frame_is_that_of_the_face_that_is_largest_over_time() -> None:
    assert planned(View(of="peak_frame")).times_s == (3.0,)
    assert main_track(TWO) is LARGE


def test_a_person_that_is_named_is_the_one_whose_peak_is_taken() -> None:
    assert planned(View(of="peak_frame"), person="P1").times_s == (0.7,)


def test_the_peak_within_a_span_is_within_it() -> None:
    found = planned(View(of="peak_frame"), span=Span(3.5, 4.0))
    assert found.times_s == pytest.approx([3.9])


@pytest.mark.parametrize("person", [None, "P9"])
def test_without_a_peak_the_middle_frame_stands_and_a_log_line_says_so(
    caplog: pytest.LogCaptureFixture, person: str | None
) -> None:
    seen = NOBODY if person is None else TWO
    with caplog.at_level(logging.INFO):
        found = planned(View(of="peak_frame"), seen, person=person)
    assert found.times_s == planned(View(of="middle_frame")).times_s
    assert "the middle frame stands for the peak" in caplog.text


def test_a_face_without_action_units_has_no_peak() -> None:
    bare = track("P1", 3)
    bare.action_units.clear()  # type: ignore[attr-defined]
    assert planned(View(of="peak_frame"), percepts(bare)).times_s == (2.05,)


@pytest.mark.parametrize(("of", "number"), FRAMES.items())
def test_first_and_middle_frame_are_those(of: str, number: int) -> None:
    assert numbers(View(of=of)) == [number]  # type: ignore[arg-type]
    inside = numbers(View(of=of), span=Span(1.0, 3.0))  # type: ignore[arg-type]
    assert inside == [10 + number // 2]


@pytest.mark.parametrize(
    ("sampling", "length", "wanted"),
    [
        ("spread", 40, [0, 10, 20, 30]),
        ("spread", 7, [0, 1, 3, 5]),
        ("spread", 2, [0, 0, 1, 1]),
        ("linspace", 40, [0, 13, 26, 39]),
        ("linspace", 2, [0, 0, 0, 1]),
        ("run", 40, [18, 19, 20, 21]),
        ("run", 5, [0, 1, 2, 3]),
        ("run", 4, [0, 1, 2, 3]),
        ("run", 2, [0, 0, 0, 1]),
    ],
)
def test_frames_are_sampled_as_the_view_says(
    sampling: Sampling, length: int, wanted: list[int]
) -> None:
    assert numbers(View(of="frames", count=4, sampling=sampling), length) == wanted


def test_linspace_of_one_is_the_first() -> None:
    assert numbers(View(of="frames", sampling="linspace")) == [0]


@pytest.mark.parametrize("sampling", ["spread", "linspace", "run", "merr"])
def test_frames_of_a_span_lie_within_it(sampling: Sampling) -> None:
    found = numbers(View(of="frames", count=4, sampling=sampling), span=Span(1.25, 2.45))
    assert found == sorted(found)
    assert set(found) <= set(range(13, 25))


def test_a_span_between_two_frames_shows_the_one_on_screen() -> None:
    assert numbers(View(of="frames"), span=Span(1.22, 1.24)) == [12]


def test_a_still_picture_is_shown_once() -> None:
    still = clip(Film(film(1).pictures, 0.0, still=True))
    for of in ("frames", "peak_frame", "first_frame"):
        assert planned(View(of=of, count=16), NOBODY, of=still).times_s == (0.0,)


def test_merr_takes_two_different_ones_of_each_of_its_segments() -> None:
    found = moments(View(of="faces", count=16, sampling="merr"))
    assert [index // 5 for index in found] == [n // 2 for n in range(16)]
    assert len(set(found)) == 16
    assert found == sorted(found)


def test_merr_draws_the_same_for_the_same_clip_and_seed_and_else_another() -> None:
    view = View(of="faces", count=16, sampling="merr")
    assert moments(view) == moments(view)
    assert moments(view) != moments(View(of="faces", count=16, sampling="merr", seed=1))
    assert moments(view) != moments(view, sha256="0b")


@pytest.mark.parametrize("length", [1, 3, 9, 15])
def test_merr_repeats_where_there_are_too_few(length: int) -> None:
    found = planned(
        View(of="faces", count=16, sampling="merr"), percepts(track("P1", 0, count=length))
    )
    assert len(found.times_s) == 16
    assert len({round(time_s * 10) for time_s in found.times_s}) >= min(length, 8)


def test_merr_of_an_odd_count_is_refused() -> None:
    with pytest.raises(ConfigError, match="even"):
        plan(FORTY, TWO, View(of="faces", count=3, sampling="merr"))


def test_faces_come_with_the_box_that_they_had() -> None:
    found = planned(View(of="faces", count=4), person="P1")
    assert found.times_s == (0.0, 1.0, 2.0, 3.0)
    assert np.allclose(found.boxes, SMALL.boxes_T4[[0, 10, 20, 30]])


@pytest.mark.parametrize(
    ("seen", "person", "span", "why"),
    [
        (NOBODY, None, None, "no face was seen"),
        (TWO, "P3", None, "no face of P3 was seen"),
        (TWO, None, Span(9, 10), "no face was seen from 9 to 10 s"),
    ],
)
def test_faces_that_are_not_there_are_missing(
    seen: Percepts, person: str | None, span: Span | None, why: str
) -> None:
    assert plan(FORTY, seen, View(of="faces"), person=person, span=span) == Missing(why)


def test_faces_of_a_span_are_of_it() -> None:
    found = planned(View(of="faces", count=8), span=Span(1.0, 1.5))
    assert min(found.times_s) == 1.0
    assert max(found.times_s) <= 1.5


def test_sound_is_whole_or_the_span() -> None:
    assert planned(View(of="sound")) == Plan("sound", (0.0,))
    assert planned(View(of="sound"), span=Span(1, 2)) == Plan("sound", (1,), length_s=1)
    late = planned(View(of="sound"), span=Span(3, 9))
    assert late.length_s == pytest.approx(1.0)


def test_segments_of_sound_start_as_affectgpt_starts_them() -> None:
    found = planned(View(of="sound", count=8, segment_s=2.0))
    assert found.times_s == pytest.approx([i * (4.0 - 2.0) / 8 for i in range(8)])
    assert found.length_s == 2.0


def test_segments_longer_than_the_sound_are_all_of_it() -> None:
    found = planned(View(of="sound", count=3, segment_s=9.0))
    assert found == Plan("sound", (0.0, 0.0, 0.0), length_s=4.0)


def test_what_a_clip_does_not_have_is_missing_with_its_reason() -> None:
    silent, blind = clip(film(3)), clip(NOTHING, sound(1.0))
    assert plan(silent, TWO, View(of="sound")) == NOTHING
    for of in ("peak_frame", "first_frame", "middle_frame", "frames", "faces"):
        assert plan(blind, TWO, View(of=of)) == NOTHING


def test_a_click_is_no_sound() -> None:
    found = plan(clip(NOTHING, sound(0.02)), NOBODY, View(of="sound"))
    assert found == Missing("made.mp4 has only 0.020 s of sound there")
    assert isinstance(plan(FORTY, NOBODY, View(of="sound"), span=Span(5, 6)), Missing)


def test_a_span_behind_the_end_is_missing() -> None:
    found = plan(FORTY, NOBODY, View(of="frames"), span=Span(7, 8))
    assert found == Missing("made.mp4 ends at 4 s, before 7 s")
