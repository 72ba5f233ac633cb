"""Kaldi's mel energies against another implementation of them, and what is known of tones."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.encoders.fbank import RATE_HZ, fbank


def noise(samples: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal(samples, np.float32) * np.float32(0.1)


@pytest.mark.parametrize("bands", [23, 80, 128])
def test_energies_are_those_of_transformers_kaldi_settings(bands: int) -> None:
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 128 bands the lowest is empty, in Kaldi too
        filters = mel_filter_bank(
            num_frequency_bins=257,
            num_mel_filters=bands,
            min_frequency=20,
            max_frequency=8000,
            sampling_rate=RATE_HZ,
            mel_scale="kaldi",
            triangularize_in_mel_space=True,
        )
    expected = spectrogram(
        noise(32000),
        window_function(400, "hann", periodic=False),
        frame_length=400,
        hop_length=160,
        fft_length=512,
        power=2.0,
        center=False,
        preemphasis=0.97,
        mel_filters=filters,
        mel_floor=1.192092955078125e-07,
        log_mel="log",
        remove_dc_offset=True,
    ).T
    found = fbank(noise(32000), bands)
    assert found.shape == (198, bands)
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 4000.0])
def test_a_tone_is_loudest_in_its_band(hz: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(8000) / RATE_HZ).astype(np.float32)
    mel = 1127 * np.log1p(np.array([20.0, hz, 8000.0]) / 700)
    band = (mel[1] - mel[0]) / (mel[2] - mel[0]) * 81 - 1
    assert abs(fbank(tone, 80).mean(axis=0).argmax() - band) <= 1


def test_ten_times_the_pressure_is_a_hundred_times_the_energy() -> None:
    difference = fbank(10 * noise(8000), 40) - fbank(noise(8000), 40)
    np.testing.assert_allclose(difference, np.log(100), atol=1e-4)


def test_a_constant_is_as_good_as_silence() -> None:
    silence = np.log(np.finfo(np.float32).eps)
    np.testing.assert_allclose(fbank(np.full(800, 0.5, np.float32), 40), silence, rtol=1e-6)
