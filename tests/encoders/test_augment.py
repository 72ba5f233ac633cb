"""Changed copies: the same for the same seed, others for others, and still sounds and pictures."""

import time
from typing import Any

import numpy as np
import pytest

from affectlens.encoders.augment import augmented
from affectlens.encoders.changed_pictures import PICTURES
from affectlens.encoders.changed_sound import LENGTHS, SOUNDS
from affectlens.encoders.view import Pictures, Waves
from affectlens.media.clip import SOUND_RATE_HZ

TIMES = np.zeros(1)


def tone(seconds: float = 2.0, hz: float = 440.0) -> Waves:
    moments = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    return Waves((np.asarray(np.sin(2 * np.pi * hz * moments) / 4, np.float32),), TIMES)


def pictures(count: int = 2, height: int = 224, width: int = 224) -> Pictures:
    """Alike, with edges, light from the left."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 200, height))
    one = np.stack([across, down, (across > 128) * 255.0], axis=2).astype(np.uint8)
    return Pictures(np.stack([one] * count), np.arange(float(count)))


def samples(shown: Pictures | Waves) -> np.ndarray:
    assert isinstance(shown, Waves)
    return shown.samples_NS[0]


def pixels(shown: Pictures | Waves) -> np.ndarray:
    assert isinstance(shown, Pictures)
    return shown.rgb_THWC


def test_a_seed_gives_one_copy_and_another_seed_another() -> None:
    sound, seen = tone(), pictures()
    heard = [samples(augmented(sound, seed)) for seed in range(20)]
    looks = [pixels(augmented(seen, seed)) for seed in range(20)]
    for seed in range(20):
        assert np.array_equal(samples(augmented(sound, seed)), heard[seed])
        assert np.array_equal(pixels(augmented(seen, seed)), looks[seed])
    assert len({one.tobytes() for one in heard}) == 20
    assert len({one.tobytes() for one in looks}) >= 19  # a copy may be as it was
    assert np.array_equal(samples(sound), samples(tone())), "what was given is not touched"
    assert np.array_equal(pixels(seen), pixels(pictures()))


def test_copies_are_sounds_of_about_the_length_that_net_can_take() -> None:
    for seed in range(60):
        found = samples(augmented(tone(), seed))
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert np.abs(found).max() <= 1
        assert np.abs(found).max() > 0.01
        assert 1.2 * SOUND_RATE_HZ < len(found) < 2.9 * SOUND_RATE_HZ


def test_segments_keep_their_length_and_change_alike() -> None:
    one = tone(0.5).samples_NS[0]
    for seed in range(20):
        found = augmented(Waves((one, one, one[:4000]), np.arange(3.0)), seed)
        assert isinstance(found, Waves)
        assert [len(own) for own in found.samples_NS] == [8000, 8000, 4000]
        assert np.array_equal(found.samples_NS[0], found.samples_NS[1])


def test_silence_stays_silence() -> None:
    for seed in range(10):
        assert not samples(augmented(Waves((np.zeros(16000, np.float32),), TIMES), seed)).any()


def test_pictures_of_a_clip_change_alike_and_keep_their_size_and_times() -> None:
    for seed in range(40):
        seen = pictures(3, 120, 90)
        found = augmented(seen, seed)
        assert isinstance(found, Pictures)
        assert found.rgb_THWC.shape == (3, 120, 90, 3)
        assert found.rgb_THWC.dtype == np.uint8
        assert found.times_T is seen.times_T
        apart = np.abs(found.rgb_THWC[0].astype(int) - found.rgb_THWC[1]).mean()
        assert apart < 20, "but for a sensor's noise they are alike"


def test_small_and_large_pictures_are_taken() -> None:
    for height, width in ((1, 1), (8, 300), (600, 520)):
        for seed in range(15):
            assert pixels(augmented(pictures(1, height, width), seed)).shape[1:3] == (height, width)


def pitch_hz(found: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    return float(np.argmax(power) * SOUND_RATE_HZ / len(found))


def kind(name: str, seed: int = 1) -> Any:
    known = {draw.__name__: draw for _, draw in (*LENGTHS, *SOUNDS, *PICTURES)}
    return known[name](np.random.default_rng(seed))


def test_tempo_moves_pitch_and_length_together() -> None:
    sound = tone().samples_NS[0]
    for seed in range(8):
        found = kind("_tempo", seed)(sound)
        rate = len(sound) / len(found)
        assert 0.86 < rate < 1.17
        assert pitch_hz(found) == pytest.approx(440 * rate, rel=0.01)
        assert np.abs(found[4000:-4000]).max() == pytest.approx(0.25, rel=0.02)


def test_noise_is_as_loud_as_it_says() -> None:
    sound = tone().samples_NS[0]
    for seed in range(12):
        noise = kind("_noise", seed)(sound) - sound
        decibels = 20 * np.log10(np.sqrt(np.mean(sound**2)) / np.sqrt(np.mean(noise**2)))
        assert 4.9 < decibels < 35.1


def test_a_telephone_lets_no_low_and_no_high_tones_through() -> None:
    telephones = [seed for seed in range(30) if kind("_line", seed).func.__name__ == "_telephone"]
    assert 10 < len(telephones) < 25
    moments = np.arange(SOUND_RATE_HZ) / SOUND_RATE_HZ
    mixed = sum(np.sin(2 * np.pi * hz * moments) / 8 for hz in (60, 1000, 7000))
    power = np.abs(np.fft.rfft(kind("_line", telephones[0])(np.asarray(mixed, np.float32))))
    assert power[1000] > 20 * power[60]
    assert power[1000] > 20 * power[7000]


def test_a_room_goes_on_after_a_clap() -> None:
    clap = np.zeros(16000, np.float32)
    clap[100] = 1
    found = kind("_room")(clap)
    assert not np.abs(found[:90]).max() > 1e-4
    assert np.abs(found[101:1000]).max() > 0.005
    assert np.abs(found[100]) == np.abs(found).max(), "what comes straight is loudest"


def test_a_mirror_is_a_mirror_and_small_pictures_lose_what_is_fine() -> None:
    one = pictures(1).rgb_THWC[0]
    assert np.array_equal(kind("_mirror")(one), one[:, ::-1])
    stripes = np.tile(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8), (224, 112, 1))
    assert kind("_small")(stripes).std() < stripes.std() / 2


def test_copies_are_made_fast() -> None:
    """Ten and three thousandths of a second are promised; machines of tests are busy."""
    sound, seen = tone(4.0), pictures(1)
    augmented(sound, 0)
    augmented(seen, 0)
    start = time.process_time()
    for seed in range(30):
        augmented(sound, seed)
    middle = time.process_time()
    for seed in range(30):
        augmented(seen, seed)
    assert (middle - start) / 30 < 0.03
    assert (time.process_time() - middle) / 30 < 0.01
