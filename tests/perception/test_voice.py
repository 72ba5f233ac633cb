"""Pitch and loudness are those of sounds whose pitch and loudness are known."""

import numpy as np
import pytest
from tests.perception.sounds import Memory, buzz, decoded, hiss, ravdess, seconds, silence

from affectlens.perception.percepts import Voice
from affectlens.perception.voice import FLOOR_DB, listen


def off(voice: Voice, hz: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far each voiced moment is from a pitch, as a share of it."""
    pitch_V = voice.pitch_hz_V[np.isfinite(voice.pitch_hz_V)].astype(np.float64)
    return np.abs(pitch_V / hz - 1)


@pytest.mark.parametrize("hz", [65, 90, 150, 240, 330, 480])
@pytest.mark.parametrize("band", [(0, 7000), (300, 3400)], ids=["full", "telephone"])
def test_the_pitch_of_a_steady_voice_is_found_within_half_a_percent(
    hz: float, band: tuple[float, float]
) -> None:
    voice = listen(Memory(buzz(hz, 2.0, band=band)))
    assert np.isfinite(voice.pitch_hz_V).mean() > 0.97
    assert np.percentile(off(voice, hz), 99) < 0.005


@pytest.mark.parametrize("hz", [90, 200, 330])
def test_noise_ten_decibels_below_the_voice_moves_no_pitch_by_an_octave(hz: float) -> None:
    voice = listen(Memory(buzz(hz, 3.0) + hiss(3.0, 0.1 * 10 ** (-10 / 20))))
    assert np.isfinite(voice.pitch_hz_V).mean() > 0.95
    assert off(voice, hz).max() < 0.06


def test_a_glide_is_followed_over_the_edges_of_blocks() -> None:
    times_S = seconds(45.0)
    hz_S = np.interp(times_S, [0, 45], [80, 400])
    voice = listen(Memory(buzz(hz_S.astype(np.float32), 45.0)))
    truth_V = np.interp(voice.times_V, times_S, hz_S)
    inner_V = slice(3, -3)
    assert np.isfinite(voice.pitch_hz_V[inner_V]).all()
    assert np.abs(voice.pitch_hz_V / truth_V - 1)[inner_V].max() < 0.01


@pytest.mark.parametrize("samples", [silence(3.0), hiss(10.0), hiss(3.0, 0.001)])
def test_silence_and_noise_have_no_pitch(
    samples: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> None:
    assert not np.isfinite(listen(Memory(samples)).pitch_hz_V).any()


def test_loudness_is_the_root_mean_square_in_decibels_of_full_scale() -> None:
    tone_S = (0.5 * np.sin(2 * np.pi * 200 * seconds(1.0))).astype(np.float32)
    loud_V = listen(Memory(tone_S)).loudness_db_V[3:-3]
    assert np.allclose(loud_V, 20 * np.log10(0.5 / np.sqrt(2)), atol=0.1)
    assert np.allclose(listen(Memory(silence(0.5))).loudness_db_V, FLOOR_DB, atol=1e-3)


def test_moments_are_twenty_milliseconds_apart_and_reach_to_the_end() -> None:
    voice = listen(Memory(hiss(61.01)))
    assert np.allclose(np.diff(voice.times_V), 0.02)
    assert voice.times_V[0] == pytest.approx(0.01)
    assert 61.01 - voice.times_V[-1] < 0.03
    assert len(voice.times_V) == len(voice.pitch_hz_V) == len(voice.loudness_db_V)


@pytest.mark.parametrize("samples", [0, 1, 100, 320, 801])
def test_the_shortest_sounds_do_no_harm(samples: int) -> None:
    voice = listen(Memory(hiss(1.0)[:samples]))
    assert len(voice.times_V) == len(voice.pitch_hz_V) <= 3


def test_a_long_sound_is_never_asked_for_whole() -> None:
    sound = Memory(silence(180.0))
    listen(sound)
    assert sound.most_s <= 60.0


@pytest.mark.shared
def test_the_voices_of_men_and_women_lie_where_the_literature_has_them() -> None:
    men, women = (
        [
            float(np.nanmedian(listen(Memory(decoded(ravdess("01", "01", f"{a:02}")))).pitch_hz_V))
            for a in actors
        ]
        for actors in ((1, 3, 5, 7, 9), (2, 4, 6, 8, 10))
    )
    assert 85 < float(np.median(men)) < 155
    assert 165 < float(np.median(women)) < 255
