"""Changes of sound: what other rooms, microphones and lines would have made of it."""

# S samples, F bins of a spectrum

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectlens.media.clip import SOUND_RATE_HZ

SILENCE = 1e-4  # a peak below it is no sound, whatever noise would make of it
_MU = 255

Sound = NDArray[np.float32]
Rng = np.random.Generator


def _tempo(rng: Rng) -> Callable[[Sound], Sound]:
    """Faster and higher, or slower and lower."""
    rate = rng.uniform(0.88, 1.14)

    def change(samples_S: Sound) -> Sound:
        padded = _fast(len(samples_S))
        wanted = _fast(round(padded / rate))  # the rate in steps of some 1 %
        length = round(len(samples_S) * wanted / padded)
        spectrum_F = np.fft.rfft(samples_S, padded)[: wanted // 2 + 1]
        return np.asarray(np.fft.irfft(spectrum_F, wanted)[:length] * (wanted / padded), np.float32)

    return change


def _edges(rng: Rng) -> Callable[[Sound], Sound]:
    """The beginning cut off, or silence before it."""
    length = round(rng.uniform(0, 0.5) * SOUND_RATE_HZ)
    cuts = rng.random() < 0.5

    def change(samples_S: Sound) -> Sound:
        if cuts and len(samples_S) > 3 * length:
            return samples_S[length:]
        return np.concatenate([np.zeros(length, np.float32), samples_S])

    return change


def _tilt(rng: Rng) -> Callable[[Sound], Sound]:
    """A darker or brighter microphone."""
    decibels = rng.uniform(-12, 12)  # from one end of the spectrum to the other

    def gain(hz_F: Sound) -> Sound:
        return np.asarray(10 ** (decibels / 20 * (hz_F * 2 / SOUND_RATE_HZ - 0.5)), np.float32)

    return partial(_filtered, gain=gain)


def _room(rng: Rng) -> Callable[[Sound], Sound]:
    """A room's echo: noise that dies away by 60 dB."""
    length = round(rng.uniform(0.1, 0.7) * SOUND_RATE_HZ)
    echo_S = rng.standard_normal(length, np.float32)
    echo_S *= np.exp(-6.9 * np.arange(length, dtype=np.float32) / length)
    echo_S[0] = np.abs(echo_S).max() * rng.uniform(2, 8)  # the direct way
    echo_S /= np.linalg.norm(echo_S)

    def change(samples_S: Sound) -> Sound:
        padded = _fast(len(samples_S) + length - 1)
        spectrum_F = np.fft.rfft(samples_S, padded) * np.fft.rfft(echo_S, padded)
        return np.asarray(np.fft.irfft(spectrum_F, padded)[: len(samples_S)], np.float32)

    return change


def _noise(rng: Rng) -> Callable[[Sound], Sound]:
    """White, pink or brown."""
    falls, decibels, seed = rng.choice((0, 0.5, 1)), rng.uniform(5, 35), int(rng.integers(2**63))

    def change(samples_S: Sound) -> Sound:
        noise_S = np.random.default_rng(seed).standard_normal(len(samples_S), np.float32)
        if falls:
            noise_S = _filtered(noise_S, lambda hz: np.maximum(hz, 1) ** -falls)
        return samples_S + noise_S * (_power(samples_S) / _power(noise_S) * 10 ** (-decibels / 20))

    return change


def _line(rng: Rng) -> Callable[[Sound], Sound]:
    """A telephone, or what a low bitrate leaves of high tones."""
    if rng.random() < 0.57:
        low_hz, high_hz = rng.uniform(200, 400), rng.uniform(3000, 3600)
        return partial(_telephone, low_hz=low_hz, high_hz=high_hz)
    cut_hz = rng.uniform(2500, 6500)
    return partial(_filtered, gain=lambda hz: _below(hz, cut_hz, 6))


def _telephone(samples_S: Sound, low_hz: float, high_hz: float) -> Sound:
    """Its band in 8 bits, mu-law."""
    band_S = _filtered(
        samples_S, lambda hz: _below(hz, high_hz, 4) * np.sqrt(1 - _below(hz, low_hz, 4) ** 2)
    )
    band_S /= max(float(np.abs(band_S).max()), SILENCE)
    coded_S = np.round(np.log1p(_MU * np.abs(band_S)) / np.log1p(_MU) * 127) / 127
    return np.asarray(np.sign(band_S) * ((1 + _MU) ** coded_S - 1) / _MU, np.float32)


def _loudness(rng: Rng) -> Callable[[Sound], Sound]:
    peak = np.float32(10 ** (rng.uniform(-25, -1) / 20))
    return lambda samples_S: samples_S * (peak / max(np.abs(samples_S).max(), SILENCE))


def _filtered(samples_S: Sound, gain: Callable[[Sound], Sound]) -> Sound:
    padded = _fast(len(samples_S))
    hz_F = np.linspace(0, SOUND_RATE_HZ / 2, padded // 2 + 1, dtype=np.float32)
    spectrum_F = np.fft.rfft(samples_S, padded) * gain(hz_F)
    return np.asarray(np.fft.irfft(spectrum_F, padded)[: len(samples_S)], np.float32)


def _below(hz_F: Sound, cut_hz: float, order: int) -> Sound:
    """Butterworth's low-pass; no phase is turned."""
    return np.asarray(1 / np.sqrt(1 + (hz_F / np.float32(cut_hz)) ** (2 * order)), np.float32)


def _power(samples_S: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(samples_S)))) + 1e-9


def _fast(length: int) -> int:
    """A length from there on that has small factors only, as transforms want it."""
    step = 1 << max(length.bit_length() - 7, 1)
    return -(-length // step) * step


LENGTHS = ((0.6, _tempo), (0.3, _edges))
SOUNDS = ((0.4, _tilt), (0.4, _room), (0.55, _noise), (0.35, _line), (1.0, _loudness))
