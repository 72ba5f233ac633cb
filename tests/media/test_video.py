"""What a pass over the pictures promises: right frames, real times, and a decoder that ends."""

import gc
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlens.foundation.errors import InputError, LimitError
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Frame
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip
from affectlens.media.video import DecodedVideo

MakeFilm = Callable[..., Any]
GREY_STEP = 8


def video_of(path: Path, limits: Limits | None = None) -> DecodedVideo:
    """The pictures of a film."""
    video = open_clip(path, limits=limits).video
    assert isinstance(video, DecodedVideo)
    return video


def number(frame: Frame) -> int:
    """Which frame of the film it is, read from its grey."""
    return round(float(frame.rgb_HWC[-8:, -8:].mean()) / GREY_STEP)


def children() -> set[int]:
    """Processes started by this one."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    if not path.exists():
        pytest.skip("needs Linux's /proc to see child processes")
    return set(map(int, path.read_text().split()))


def test_frames_of_variable_rate_keep_their_real_times(film: MakeFilm) -> None:
    times_s = [0.0, 0.04, 0.08, 0.5, 0.55, 1.3, 1.34, 2.0]
    made = film("vfr.mkv")
    made.add_pictures(times_s)
    frames = list(video_of(made.write()).frames())
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=0.002)
    assert [number(frame) for frame in frames] == list(range(8))


def test_thinning_takes_the_first_frame_of_each_slot_and_enlarges_nothing(film: MakeFilm) -> None:
    made = film("fast.mp4")
    made.add_pictures([n / 20 for n in range(20)])
    video = video_of(made.write())
    assert [number(frame) for frame in video.frames(rate_hz=5)] == [0, 4, 8, 12, 16]
    assert len(list(video.frames(rate_hz=500))) == 20
    assert next(video.frames(max_side=32)).rgb_HWC.shape == (24, 32, 3)
    assert next(video.frames(max_side=999)).rgb_HWC.shape == (48, 64, 3)


def test_a_span_holds_its_start_and_not_its_end(talkie: Path) -> None:
    video = video_of(talkie)
    assert [number(frame) for frame in video.frames(span=Span(0.5, 0.8))] == [5, 6, 7]
    assert [number(frame) for frame in video.frames(span=Span(0.5, 0.5))] == [5]
    assert list(video.frames(span=Span(50.0, 60.0))) == []


def test_windows_side_by_side_share_no_frame_and_lose_none(talkie: Path) -> None:
    video = video_of(talkie)
    halves = [video.frames(span=Span(0.0, 1.0)), video.frames(span=Span(1.0, 2.0))]
    assert [number(frame) for half in halves for frame in half] == list(range(20))


def test_the_frame_at_a_moment_is_the_one_on_screen_then(talkie: Path) -> None:
    frames = video_of(talkie).at([1.55, 0.0, 0.31, 99.0, 0.3])
    assert [number(frame) for frame in frames] == [15, 0, 3, 19, 3]
    assert video_of(talkie).at([]) == []


def test_far_moments_get_the_same_frames_as_near_ones(film: MakeFilm) -> None:
    made = film("long.mp4")
    made.add_pictures([float(n) for n in range(24)], g="4")
    video = video_of(made.write())
    assert [number(frame) for frame in video.at([20.5, 7.0, 0.2])] == [20, 7, 0]
    assert [number(frame) for frame in video.frames(span=Span(9.5, 12.0))] == [10, 11]


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "name"),
    [
        ("libx265", "yuv420p10le", "ten.mp4"),
        ("libx264", "yuv444p", "full.mkv"),
        ("gif", "rgb8", "a.gif"),
        ("qtrle", "argb", "alpha.mov"),
        ("ffv1", "gray", "grey.mkv"),
    ],
)
def test_any_pixel_format_becomes_rgb_of_the_same_picture(
    codec: str, pix_fmt: str, name: str, film: MakeFilm
) -> None:
    made = film(name)
    options = {"x265-params": "log-level=error"} if codec == "libx265" else {}
    size = (76, 52) if pix_fmt.startswith("yuv420") else (77, 51)
    made.add_pictures([n / 10 for n in range(8)], size, codec, pix_fmt, **options)
    frames = list(video_of(made.write()).frames())
    assert len(frames) == 8
    assert frames[0].rgb_HWC.shape == (size[1], size[0], 3)
    assert frames[0].rgb_HWC[5, 5].min() > 230
    assert abs(int(frames[5].rgb_HWC[-5, -5, 1]) - 5 * GREY_STEP) < 24


def test_pixels_that_are_not_square_are_shown_in_their_true_shape(film: MakeFilm) -> None:
    made = film("wide.mkv")
    stream = made.add_pictures([0.0, 0.1])
    stream.codec_context.sample_aspect_ratio = 2
    video = video_of(made.write())
    assert (video.width, video.height) == (128, 48)
    assert next(video.frames()).rgb_HWC.shape == (48, 128, 3)
    assert next(video.frames(max_side=64)).rgb_HWC.shape == (24, 64, 3)


def test_frames_belong_to_the_reader(talkie: Path) -> None:
    first, second = list(video_of(talkie).frames(span=Span(0.0, 0.2)))
    assert first.rgb_HWC.flags.writeable
    first.rgb_HWC[:] = 0
    assert second.rgb_HWC.any()


def test_leaving_a_pass_early_leaves_no_process_behind(talkie: Path) -> None:
    before, video = children(), video_of(talkie)
    closed = video.frames()
    next(closed)
    closed.close()
    with video.frames() as left:
        next(left)
    unread = video.frames()
    for _ in video.frames():
        break
    del unread
    gc.collect()
    assert children() == before
    assert list(closed) == []


def test_two_passes_at_once_do_not_disturb_each_other(talkie: Path) -> None:
    video = video_of(talkie)
    pairs = list(zip(video.frames(), video.frames(), strict=True))
    assert all(np.array_equal(one.rgb_HWC, other.rgb_HWC) for one, other in pairs)
    assert len(pairs) == 20


def test_a_slow_reader_is_no_slow_decoder(talkie: Path) -> None:
    reel = video_of(talkie, Limits(wall_s=1.5, silence_s=1.0)).frames()
    next(reel)
    time.sleep(1.6)
    assert len(list(reel)) == 19


def test_a_decoder_that_takes_too_long_ends_as_a_limit(talkie: Path) -> None:
    before = children()
    with pytest.raises(LimitError, match=r"longer than 0\.01 s"):
        open_clip(talkie, limits=Limits(wall_s=0.01))
    with pytest.raises(LimitError, match=r"no sign for 0\.01 s"):
        open_clip(talkie, limits=Limits(silence_s=0.01))
    assert children() == before


def test_a_file_that_changed_since_it_was_opened_is_refused(talkie: Path) -> None:
    video = video_of(talkie)
    talkie.write_bytes(talkie.read_bytes() + b"more")
    with pytest.raises(InputError, match="has changed"):
        next(video.frames())


def test_damaged_frames_are_left_out_and_counted(film: MakeFilm) -> None:
    made = film("hurt.mov")
    made.add_pictures([n / 25 for n in range(30)], (160, 120), "png", "rgb24")
    content = bytearray(made.write().read_bytes())
    starts = [place.start() for place in re.finditer(b"\x89PNG", content)]
    for start in starts[5:8]:
        content[start : start + 300] = b"\1" * 300
    made.path.write_bytes(content)
    reel = video_of(made.path).frames()
    assert len(list(reel)) == 27
    assert reel.warnings == ("3 of 30 video packets could not be decoded.",)
