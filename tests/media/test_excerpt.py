"""What an excerpt promises: plays everywhere, keeps time, shows only what `alter` lets through."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Frame
from affectlens.media.excerpt import excerpt_suffix, write_excerpt
from affectlens.media.opening import open_clip

MakeFilm = Callable[..., Any]


def test_an_excerpt_is_h264_and_aac_with_the_index_first_and_no_metadata(film: MakeFilm) -> None:
    made = film("secret.mkv")
    made.container.metadata["title"] = "Top Secret"
    made.add_pictures([0.0, 0.1, 0.5, 0.55, 1.2], (77, 51), pix_fmt="yuv444p")
    made.add_sound(1.5, codec="flac")
    clip = open_clip(made.write())
    target = made.path.with_name("excerpt" + excerpt_suffix(clip))
    write_excerpt(clip, target)
    content = target.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert b"Top Secret" not in content
    assert b"Lavf" not in content
    with av.open(str(target)) as container:
        (video,), (sound,) = container.streams.video, container.streams.audio
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (78, 52)
        assert sound.codec_context.name == "aac"


def test_an_excerpt_keeps_the_times_of_frames_and_sound(film: MakeFilm) -> None:
    times_s = [0.0, 0.1, 0.5, 0.55, 1.2]
    made = film("vfr.mkv")
    made.add_pictures(times_s)
    made.add_sound(1.5, codec="flac")
    clip = open_clip(made.write())
    target = made.path.with_name("excerpt.mp4")
    write_excerpt(clip, target)
    again = open_clip(target)
    assert not isinstance(again.video, Missing)
    assert not isinstance(again.sound, Missing)
    assert [f.time_s for f in again.video.frames()] == pytest.approx(times_s, abs=0.002)
    assert again.sound.duration_s == pytest.approx(1.5, abs=0.07)


def test_every_frame_passes_through_alter(talkie: Path) -> None:
    def black(frame: Frame) -> NDArray[np.uint8]:
        return np.zeros_like(frame.rgb_HWC)

    target = talkie.with_name("black.mp4")
    shares: list[float] = []
    write_excerpt(
        open_clip(talkie), target, alter=black, progress=lambda stage, share: shares.append(share)
    )
    video = open_clip(target).video
    assert not isinstance(video, Missing)
    frames = list(video.frames())
    assert len(frames) == 20
    assert max(int(frame.rgb_HWC.max()) for frame in frames) < 8
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_picture_becomes_a_jpeg_and_sound_alone_an_m4a(film: MakeFilm) -> None:
    picture, sound = film("a.png"), film("b.wav")
    picture.add_pictures([0.0], (900, 600), codec="png", pix_fmt="rgb24")
    sound.add_sound(1.0, codec="pcm_s16le")
    for made, suffix in ((picture, ".jpg"), (sound, ".m4a")):
        clip = open_clip(made.write())
        assert excerpt_suffix(clip) == suffix
        target = made.path.with_suffix(".excerpt" + suffix)
        write_excerpt(clip, target)
        again = open_clip(target)
        assert isinstance(again.sound, Missing) == (suffix == ".jpg")
        assert again.duration_s == pytest.approx(clip.duration_s, abs=0.07)
        if not isinstance(again.video, Missing):
            assert (again.video.width, again.video.height) == (640, 427)


def test_text_has_no_excerpt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello.")
    with pytest.raises(InputError, match="neither pictures nor sound"):
        write_excerpt(open_clip(tmp_path / "a.txt"), tmp_path / "a.mp4")


def test_a_failed_excerpt_leaves_nothing_behind(talkie: Path) -> None:
    def broken(frame: Frame) -> NDArray[np.uint8]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_excerpt(open_clip(talkie), talkie.with_name("excerpt.mp4"), alter=broken)
    assert [entry.name for entry in talkie.parent.iterdir()] == ["talkie.mp4"]
