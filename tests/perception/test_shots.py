"""Cuts are seen, motion is not taken for one, and the facts of a shot are those of its pictures."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.media.clip import Frame
from affectlens.perception.percepts import Shot
from affectlens.perception.shots import ShotMeter

Picture = NDArray[np.uint8]


def _scene(seed: int, shift: int = 0) -> Picture:
    """A made-up room of coloured blocks, 160 × 90, seen `shift` pixels further to the right."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 24, 3), np.uint8)
    wide = cv2.GaussianBlur(blocks.repeat(15, 0).repeat(20, 1), (0, 0), 6)
    return np.ascontiguousarray(wide[:, shift : shift + 160])


def _plain(red: int, green: int, blue: int) -> Picture:
    return np.full((90, 160, 3), (red, green, blue), np.uint8)


def _measure(pictures: list[Picture]) -> tuple[list[int], tuple[Shot, ...]]:
    meter = ShotMeter()
    cuts = [i for i, one in enumerate(pictures) if meter.see(Frame(i * 0.08, one))]
    return cuts, meter.shots(len(pictures) * 0.08)


def test_a_cut_starts_a_shot_and_the_shots_cover_the_clip() -> None:
    cuts, shots = _measure([_scene(1)] * 10 + [_scene(2)] * 10 + [_scene(1)] * 10)
    assert cuts == [10, 20]
    assert [round(shot.span.start_s, 2) for shot in shots] == [0.0, 0.8, 1.6]
    assert shots[-1].span.end_s == pytest.approx(2.4)
    assert all(a.span.end_s == b.span.start_s for a, b in pairwise(shots))


def test_a_moving_camera_is_no_cut() -> None:
    cuts, shots = _measure([_scene(1, shift=8 * i) for i in range(40)])
    assert cuts == []
    assert shots[0].motion > 0.1


def test_noise_and_slowly_changing_light_are_no_cut() -> None:
    rng = np.random.default_rng(0)
    scene = _scene(3).astype(np.float32)
    noisy = [scene * (1 - 0.02 * i) + rng.normal(0, 8, scene.shape) for i in range(25)]
    cuts, _ = _measure([np.clip(one, 0, 255).astype(np.uint8) for one in noisy])
    assert cuts == []


def test_a_flash_is_told_but_is_no_shot_of_its_own() -> None:
    cuts, shots = _measure([_scene(1)] * 10 + [_plain(255, 255, 255)] + [_scene(1)] * 10)
    assert cuts == [10, 11]
    assert len(shots) == 2


def test_brightness_contrast_warmth_and_saturation_are_those_of_the_pictures() -> None:
    _, (grey,) = _measure([_plain(128, 128, 128)] * 3)
    assert grey.brightness == pytest.approx(128 / 255, abs=0.01)
    for fact in (grey.contrast, grey.warmth, grey.saturation, grey.motion):
        assert fact == pytest.approx(0, abs=1e-3)
    _, (red,) = _measure([_plain(255, 0, 0)] * 3)
    assert (red.warmth + red.saturation) == pytest.approx(2)
    half = _plain(0, 0, 0)
    half[:, 80:] = 255
    _, (split,) = _measure([half] * 3)
    assert split.brightness == pytest.approx(0.5, abs=0.02)
    assert split.contrast == pytest.approx(0.5, abs=0.02)


def test_a_still_is_one_shot_without_motion_and_no_pictures_are_no_shot() -> None:
    _, (shot,) = _measure([_scene(1)])
    assert shot.motion == 0.0
    assert ShotMeter().shots(5.0) == ()


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (13, 24)])
def test_pictures_of_any_size_are_measured(size: tuple[int, int]) -> None:
    picture = np.zeros((*size, 3), np.uint8)
    cuts, shots = _measure([picture, picture])
    assert (cuts, len(shots)) == ([], 1)
