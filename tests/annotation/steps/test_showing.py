"""A model is shown the whole picture at the peak, and the sound."""

import io
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from tests.annotation.checks.drafts import draft

from affectlens.annotation.annotation import Peak
from affectlens.annotation.draft import Draft
from affectlens.annotation.steps.showing import LONGEST_S, picture, sound
from affectlens.foundation.chat import Picture, Sound
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.media.wav import wav

CLIP = Path(__file__).parents[3] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"


def of(clip: Clip, time_s: float | None = None, duration_s: float = 1.9) -> Draft:
    """A draft of a clip with its peak, or none."""
    made = draft(
        peak=Missing("no face")
        if time_s is None
        else Peak(
            person="P1",
            time_s=time_s,
            frame=0,
            method="sum",
            box=None,
            action_units={},
            active=(),
        )
    )
    facts = replace(made.seen.analysis.input, duration_s=duration_s)
    analysis = replace(made.seen.analysis, input=facts)
    return replace(made, seen=replace(made.seen, clip=lambda: clip, analysis=analysis))


def pixels(shown: Picture | Missing) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What a picture shows."""
    assert isinstance(shown, Picture)
    assert shown.kind == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(shown.data)), np.float64)


def test_the_picture_is_the_frame_of_the_peak() -> None:
    clip = open_clip(CLIP)
    assert not isinstance(clip.video, Missing)
    at_peak, at_start = (frame.rgb_HWC for frame in clip.video.at([1.1, 0.0]))
    shown = pixels(picture(of(clip, 1.1)))
    assert shown.shape == at_peak.shape
    assert np.abs(shown - at_peak).mean() < 3
    assert np.abs(shown - at_peak).mean() < np.abs(shown - at_start).mean() / 2


def test_without_a_peak_it_is_the_middle() -> None:
    clip = open_clip(CLIP)
    assert (pixels(picture(of(clip))) == pixels(picture(of(clip, 0.95)))).all()


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (3000, 1500), (200, 10, 10)).save(path)
    assert pixels(picture(of(open_clip(path), duration_s=0.0))).shape == (512, 1024, 3)


def test_what_a_clip_lacks_is_missing_and_says_so(tmp_path: Path) -> None:
    mute, dark = tmp_path / "mute.png", tmp_path / "dark.wav"
    Image.new("RGB", (64, 64)).save(mute)
    dark.write_bytes(wav([np.zeros(1600, np.float32)]))
    assert sound(of(open_clip(mute))) == Missing("mute.png has no audio stream")
    assert isinstance(picture(of(open_clip(dark))), Missing)


def test_of_long_sound_the_half_minute_about_the_peak_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav([np.repeat(np.arange(40, dtype=np.float32) / 100, 16000)]))
    clip = open_clip(path)

    def heard(time_s: float) -> tuple[float, float, float]:
        shown = sound(of(clip, time_s, 40.0))
        assert isinstance(shown, Sound)
        with wave.open(io.BytesIO(shown.data)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
            samples_S = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
        first, last = samples_S[[8000, -8000]] * 100
        return len(samples_S) / 16000, float(round(first)), float(round(last))

    assert heard(0.0) == (LONGEST_S, 0, 29)
    assert heard(20.0) == (LONGEST_S, 5, 34)
    assert heard(39.0) == (LONGEST_S, 10, 39)


def test_short_sound_is_heard_whole() -> None:
    clip = open_clip(CLIP)
    shown = sound(of(clip, 1.1))
    assert isinstance(shown, Sound)
    assert not isinstance(clip.sound, Missing)
    assert abs(len(shown.data) / 32000 - clip.sound.duration_s) < 0.01
