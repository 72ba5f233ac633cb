"""Odd and damaged files from real tools: the right answer or one clear error each, and no hang."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip, Frame
from affectlens.media.opening import open_clip

SHARED = Path(__file__).parents[3] / "shared"
SCRIPT = SHARED / "sketches" / "perception" / "make_odd_media.sh"
CLIP = SHARED / "media" / "no_face.mp4"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not SCRIPT.exists(), reason="needs ../shared with make_odd_media.sh"),
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg to make odd files"),
]
# frames (fewest, most), shown height × width, seconds of sound (None: there is none)
EXPECTED: Mapping[str, tuple[tuple[int, int], tuple[int, int], float | None]] = {
    "fs.mp4": ((95, 95), (540, 960), 3.97),
    "truncated_faststart.mp4": ((40, 50), (540, 960), 1.81),
    "bitflips.mp4": ((90, 95), (540, 960), 3.92),
    "rot90.mp4": ((95, 95), (960, 540), 3.97),
    "vfr.mp4": ((38, 38), (540, 960), 3.97),
    "noaudio.mp4": ((95, 95), (540, 960), None),
    "vp9.webm": ((95, 95), (540, 960), 3.97),
    "hevc51.mp4": ((95, 95), (540, 960), 3.97),
    "odd444.mkv": ((95, 95), (77, 137), 3.97),  # its pixels are 1.36 times as wide as high
    "hdr10.mp4": ((95, 95), (540, 960), 3.97),
    "old.avi": ((95, 96), (540, 960), 3.99),
    "anim.gif": ((24, 24), (540, 960), None),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of odd files."""
    folder = tmp_path_factory.mktemp("odd")
    subprocess.run(["sh", str(SCRIPT), str(CLIP), str(folder)], check=True, capture_output=True)
    return folder


def frames_of(clip: Clip) -> list[Frame]:
    """All frames, small."""
    assert not isinstance(clip.video, Missing)
    return list(clip.video.frames())


@pytest.mark.parametrize("name", EXPECTED)
def test_an_odd_film_is_read_as_far_as_it_goes(name: str, odd: Path) -> None:
    (fewest, most), shape, sound_s = EXPECTED[name]
    clip = open_clip(odd / name)
    frames = frames_of(clip)
    assert fewest <= len(frames) <= most
    assert {frame.rgb_HWC.shape[:2] for frame in frames} == {shape}
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)
    assert 0 <= times_s[0] < 0.05
    if sound_s is None:
        assert isinstance(clip.sound, Missing)
    else:
        assert not isinstance(clip.sound, Missing)
        assert clip.sound.duration_s == pytest.approx(sound_s, abs=0.15)
        assert np.abs(clip.sound.read()).max() <= 1.0


@pytest.mark.parametrize("name", ["truncated.mp4", "empty.mp4", "noise.mp4"])
def test_a_hopeless_file_is_one_clear_error(name: str, odd: Path) -> None:
    with pytest.raises(InputError, match=name):
        open_clip(odd / name)


def test_sound_alone_has_no_pictures(odd: Path) -> None:
    assert open_clip(odd / "audioonly.m4a").video == Missing("audioonly.m4a has no video stream")


def test_a_turned_film_shows_the_same_picture_upright(odd: Path) -> None:
    plain, turned = (
        frames_of(open_clip(odd / "fs.mp4"))[0],
        frames_of(open_clip(odd / "rot90.mp4"))[0],
    )
    assert np.array_equal(np.rot90(plain.rgb_HWC), turned.rgb_HWC)  # as ffplay shows it


def test_damage_is_told(odd: Path) -> None:
    assert (
        "The picture ends at 1.9 s of 4.0 s." in open_clip(odd / "truncated_faststart.mp4").warnings
    )
    assert "audio packets could not be decoded" in open_clip(odd / "bitflips.mp4").warnings[0]
