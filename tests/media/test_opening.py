"""What opening promises: every stream on one clock, absence with its reason, one clear error."""

import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from shutil import which
from typing import Any

import av
import numpy as np
import pytest

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip, Sound
from affectlens.media.opening import open_clip

MakeFilm = Callable[..., Any]
SUBTITLES = "1\n00:00:00,500 --> 00:00:01,500\n<i>Hello</i> there\n"


def heard(clip: Clip) -> Sound:
    """The sound of a clip that has one."""
    assert not isinstance(clip.sound, Missing)
    return clip.sound


def loudest_hz(sound: Sound) -> float:
    """The strongest frequency."""
    samples_S = sound.read()
    return float(np.abs(np.fft.rfft(samples_S)).argmax() * 16_000 / len(samples_S))


def test_a_film_gives_pictures_and_mono_sound_of_the_right_pitch(talkie: Path) -> None:
    clip = open_clip(talkie)
    assert not isinstance(clip.video, Missing)
    assert (clip.video.width, clip.video.height, clip.video.still) == (64, 48, False)
    assert clip.video.rate_hz == pytest.approx(10.0)
    assert clip.duration_s == pytest.approx(2.0, abs=0.1)
    assert heard(clip).duration_s == pytest.approx(2.0, abs=0.07)
    assert loudest_hz(heard(clip)) == pytest.approx(440, abs=2)
    assert heard(clip).read().dtype == np.float32
    assert clip.subtitles == Missing("talkie.mp4 has no subtitles")
    assert not clip.warnings
    assert len(clip.sha256) == 64


def test_a_silent_film_says_why_it_has_no_sound(film: MakeFilm) -> None:
    made = film("mute.mkv")
    made.add_pictures([0.0, 0.1, 0.2])
    assert open_clip(made.write()).sound == Missing("mute.mkv has no audio stream")


@pytest.mark.parametrize("name", ["voice.wav", "voice.m4a", "voice.flac", "voice.mp3"])
def test_sound_alone_says_why_it_has_no_pictures(name: str, film: MakeFilm) -> None:
    made = film(name)
    codec = {"wav": "pcm_s16le", "m4a": "aac", "flac": "flac", "mp3": "mp3"}[name[-4:].strip(".")]
    made.add_sound(1.0, codec=codec)
    clip = open_clip(made.write())
    assert clip.video == Missing(f"{name} has no video stream")
    assert heard(clip).duration_s == pytest.approx(1.0, abs=0.07)
    assert clip.duration_s == heard(clip).duration_s


def test_the_cover_of_a_song_is_not_its_video(film: MakeFilm) -> None:
    made = film("song.mp3", id3v2_version="3")
    cover = made.add_pictures([0.0], codec="png", pix_fmt="rgb24")
    cover.disposition = av.stream.Disposition.attached_pic
    made.add_sound(1.0, codec="mp3")
    clip = open_clip(made.write())
    assert isinstance(clip.video, Missing)
    assert "cover" in clip.video.reason
    assert heard(clip).duration_s > 0.9


def test_digital_silence_is_a_sound(film: MakeFilm) -> None:
    made = film("quiet.wav")
    made.add_sound(0.5, hz=0.0, codec="pcm_s16le")
    assert not heard(open_clip(made.write())).read().any()


@pytest.mark.parametrize("layout", ["stereo", "5.1"])
def test_many_channels_become_one_without_passing_full_scale(layout: str, film: MakeFilm) -> None:
    made = film("wide.wav")
    made.add_sound(0.5, codec="pcm_s16le", layout=layout)
    peak = np.abs(heard(open_clip(made.write())).read()).max()
    assert 0.3 < peak <= 1.0


def test_sound_that_starts_after_the_picture_is_padded_to_one_clock(film: MakeFilm) -> None:
    made = film("late.mkv")
    made.add_pictures([n / 10 for n in range(20)])
    made.add_sound(1.0, codec="pcm_s16le", start_s=0.8)
    sound = heard(open_clip(made.write()))
    assert not sound.read(Span(0.0, 0.79)).any()
    assert np.abs(sound.read(Span(0.81, 0.9))).max() > 0.4
    assert sound.duration_s == pytest.approx(1.8, abs=0.01)


def test_pictures_that_start_after_the_sound_keep_their_distance(film: MakeFilm) -> None:
    made = film("late.mkv")
    made.add_pictures([0.6 + n / 10 for n in range(10)])
    made.add_sound(1.6, codec="pcm_s16le")
    clip = open_clip(made.write())
    assert not isinstance(clip.video, Missing)
    assert next(clip.video.frames()).time_s == pytest.approx(0.6, abs=0.002)
    assert np.abs(heard(clip).read(Span(0.0, 0.1))).max() > 0.4


def test_a_clock_that_starts_late_is_set_to_zero(film: MakeFilm) -> None:
    made = film("broadcast.ts")
    made.add_pictures([100 + n / 10 for n in range(10)], bf="0")
    made.add_sound(1.0, start_s=100.0)
    clip = open_clip(made.write())
    assert not isinstance(clip.video, Missing)
    assert next(clip.video.frames()).time_s == pytest.approx(0.0, abs=0.1)
    assert clip.duration_s == pytest.approx(1.0, abs=0.15)


def test_subtitles_beside_the_file_are_found_and_others_can_be_named(talkie: Path) -> None:
    talkie.with_suffix(".srt").write_text(SUBTITLES)
    other = talkie.with_name("other.vtt")
    other.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nOther\n")
    beside, named = open_clip(talkie).subtitles, open_clip(talkie, subtitles=other).subtitles
    assert not isinstance(beside, Missing)
    assert not isinstance(named, Missing)
    assert [(cue.span, cue.text) for cue in beside] == [(Span(0.5, 1.5), "Hello there")]
    assert [cue.text for cue in named] == ["Other"]


def test_bad_subtitles_are_a_warning_beside_the_file_but_an_error_when_named(talkie: Path) -> None:
    bad = talkie.with_suffix(".srt")
    bad.write_bytes(b"\0\1\2" * 99)
    clip = open_clip(talkie)
    assert isinstance(clip.subtitles, Missing)
    assert "talkie.srt" in clip.warnings[0]
    with pytest.raises(InputError, match=r"talkie\.srt"):
        open_clip(talkie, subtitles=bad)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "subrip"), ("a.mp4", "mov_text"), ("a.mkv", "ass")]
)
def test_subtitles_inside_the_file_are_read(name: str, codec: str, talkie: Path) -> None:
    if not which("ffmpeg"):
        pytest.skip("needs ffmpeg to write subtitles into a film")
    srt, target = talkie.with_name("t.srt"), talkie.with_name(name)
    srt.write_text(SUBTITLES)
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(talkie)]
    command += ["-i", str(srt), "-c", "copy", "-c:s", codec, str(target)]
    subprocess.run(command, check=True)
    cues = open_clip(target).subtitles
    assert not isinstance(cues, Missing)
    assert [cue.text for cue in cues] == ["Hello there"]
    assert cues[0].span.start_s == pytest.approx(0.5, abs=0.03)
    assert cues[0].span.end_s == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.srt", SUBTITLES), ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"), ("a.txt", "Hi.")],
)
def test_text_alone_is_a_clip_of_words(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    clip = open_clip(tmp_path / name)
    assert isinstance(clip.video, Missing)
    assert isinstance(clip.sound, Missing)
    assert not isinstance(clip.subtitles, Missing)
    assert len(clip.subtitles) == 1


def test_pictures_without_any_times_come_at_the_rate_of_the_file(film: MakeFilm) -> None:
    made = film("raw.h264")
    made.add_pictures([n / 25 for n in range(20)], bf="0")
    clip = open_clip(made.write())
    assert not isinstance(clip.video, Missing)
    frames = list(clip.video.frames())
    assert len(frames) == 20
    assert clip.video.rate_hz > 0
    assert clip.duration_s == pytest.approx(20 / clip.video.rate_hz)
    assert frames[-1].time_s == pytest.approx(19 / clip.video.rate_hz)


def test_a_still_picture_is_one_frame_at_zero(film: MakeFilm) -> None:
    for name, codec in (("a.png", "png"), ("b.webp", "libwebp"), ("c.bmp", "bmp")):
        made = film(name)
        pix_fmt = {"png": "rgba", "libwebp": "bgra", "bmp": "bgr24"}[codec]
        made.add_pictures([0.0], codec=codec, pix_fmt=pix_fmt)
        clip = open_clip(made.write())
        assert not isinstance(clip.video, Missing), name
        assert clip.video.still
        assert clip.duration_s == 0.0
        assert [frame.time_s for frame in clip.video.frames()] == [0.0]


def test_opening_the_same_film_twice_gives_the_same_clip(talkie: Path) -> None:
    first, second = open_clip(talkie), open_clip(talkie)
    assert first.sha256 == second.sha256
    assert np.array_equal(heard(first).read(), heard(second).read())
    assert Fraction(heard(first).duration_s) == Fraction(heard(second).duration_s)
