"""What a clip looks and sounds like in bits, and what has no bits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.annotation.annotation import Fingerprint
from affectlens.annotation.fingerprint import MOMENTS, PIECES, fingerprint
from affectlens.foundation.missing import Missing
from affectlens.media.clip import SOUND_RATE_HZ, Clip
from affectlens.media.opening import open_clip
from affectlens.media.sound import SpooledSound

EXAMPLE = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_ANG_XX.mp4"
Array = NDArray[Any]
NO_VIDEO = Missing("no video")


def _noise(seconds: float, seed: int = 0) -> Array:
    """Something that sounds differently at each moment."""
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(seconds * SOUND_RATE_HZ))).astype(np.float32)


def _heard(samples: Array) -> Fingerprint:
    sound = SpooledSound()
    sound.append(samples)
    clip = Clip("x", Path("x"), "", sound.duration_s, NO_VIDEO, sound, NO_VIDEO)
    return fingerprint(clip)


def _still(tmp_path: Path, picture: Array) -> Fingerprint:
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), picture)
    return fingerprint(open_clip(path))


def _scene() -> Array:
    rng = np.random.default_rng(0)
    return np.asarray(cv2.resize(rng.integers(0, 255, (6, 6, 3), np.uint8), (96, 72)))


def test_a_video_has_a_word_of_look_and_movement_for_each_moment_and_a_sound() -> None:
    found = fingerprint(open_clip(EXAMPLE))
    assert isinstance(found.pictures, tuple)
    assert len(found.pictures) == MOMENTS
    assert all(len(word) == 32 and int(word[16:], 16) for word in found.pictures)
    assert isinstance(found.sound, str)
    assert len(found.sound) % (4 * PIECES) == 0
    assert found == fingerprint(open_clip(EXAMPLE))


def test_a_still_picture_has_one_word_without_movement(tmp_path: Path) -> None:
    found = _still(tmp_path, _scene())
    assert isinstance(found.pictures, tuple)
    assert [len(word) for word in found.pictures] == [16]
    assert isinstance(found.sound, Missing)


def test_a_picture_stays_near_when_it_is_smaller_and_brighter_but_another_is_far(
    tmp_path: Path,
) -> None:
    def look(picture: Array) -> int:
        found = _still(tmp_path, picture).pictures
        assert isinstance(found, tuple)
        return int(found[0], 16)

    video = open_clip(EXAMPLE).video
    assert not isinstance(video, Missing)
    face = video.at([1.0])[0].rgb_HWC
    paler = cv2.resize((0.8 * face + 20).astype(np.uint8), (120, 90), interpolation=cv2.INTER_AREA)
    assert (look(face) ^ look(paler)).bit_count() <= 4
    assert (look(face) ^ look(_scene())).bit_count() > 16


@pytest.mark.parametrize(("level", "noise"), [(0, 0), (255, 0), (16, 4)])
def test_plain_pictures_are_missing_for_they_would_match_each_other(
    tmp_path: Path, level: int, noise: int
) -> None:
    grain = np.random.default_rng(0).integers(0, noise + 1, (72, 96, 3))
    found = _still(tmp_path, np.abs(level - grain).astype(np.uint8))
    assert isinstance(found.pictures, Missing)
    assert "plain" in found.pictures.reason


def test_silence_and_too_little_sound_are_missing() -> None:
    assert "silent" in str(_heard(np.zeros(3 * SOUND_RATE_HZ, np.float32)).sound)
    assert "too little" in str(_heard(_noise(0.3)).sound)
    click = np.zeros(3 * SOUND_RATE_HZ, np.float32)
    click[20_000:20_400] = 0.5
    assert "too little" in str(_heard(click).sound)


def test_what_is_quiet_inside_a_sound_says_nothing() -> None:
    samples = np.concatenate([_noise(1.0), np.zeros(SOUND_RATE_HZ, np.float32), _noise(1.0, 1)])
    found = _heard(samples).sound
    assert isinstance(found, str)
    words = np.frombuffer(bytes.fromhex(found), ">u2").reshape(PIECES, -1)
    assert (words == 0).sum() > 20
    assert (words != 0).sum() > 100


def test_the_volume_changes_nothing() -> None:
    assert _heard(_noise(3.0)) == _heard(_noise(3.0) * np.float32(0.5))


def test_an_hour_costs_no_more_than_a_minute_and_its_length_is_bounded() -> None:
    sound = SpooledSound()
    sound.append(_noise(60.0))
    found = fingerprint(Clip("x", Path("x"), "", 60.0, NO_VIDEO, sound, NO_VIDEO))
    assert isinstance(found.sound, str)
    assert len(found.sound) == 4 * PIECES * 64


def test_pictures_that_cannot_be_decoded_are_missing_not_an_error(tmp_path: Path) -> None:
    clip = open_clip(EXAMPLE)
    broken = tmp_path / "broken.mp4"
    data = bytearray(EXAMPLE.read_bytes())
    broken.write_bytes(data)
    video = open_clip(broken).video
    data[2000:] = bytes(len(data) - 2000)
    broken.write_bytes(data)
    found = fingerprint(replace(clip, video=video))
    assert isinstance(found.pictures, Missing)
    assert isinstance(found.sound, str)
