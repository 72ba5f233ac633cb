"""Kaldi's log mel energies of 16 kHz sound, as `torchaudio.compliance.kaldi.fbank` computes them.

With its defaults but for: a Hann window, no dither, htk_compat; 25 ms windows, 10 ms steps.
"""

# S samples, F frames, L samples of a window, K frequencies, M mel bands

import functools

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16000
HOP = 160
WINDOW = 400
_FFT = 512
_LOWEST_HZ = 20.0
_PREEMPHASIS = 0.97
_FLOOR = np.finfo(np.float32).eps


def fbank(samples_S: NDArray[np.float32], bands: int) -> NDArray[np.float32]:
    """Natural logarithms (FM), a frame for every 10 ms from which 25 ms fit."""
    frames_FL = np.lib.stride_tricks.sliding_window_view(samples_S, WINDOW)[::HOP]
    frames_FL = frames_FL.astype(np.float64)
    frames_FL = frames_FL - frames_FL.mean(axis=1, keepdims=True)
    before_FL = np.concatenate([frames_FL[:, :1], frames_FL[:, :-1]], axis=1)
    windowed_FL = (frames_FL - _PREEMPHASIS * before_FL) * np.hanning(WINDOW)
    power_FK = np.abs(np.fft.rfft(windowed_FL, _FFT)) ** 2
    return np.log(np.maximum(power_FK @ _filters(bands), _FLOOR)).astype(np.float32)


@functools.cache
def _filters(bands: int) -> NDArray[np.float64]:
    """Triangles over mels (KM); the lowest may lie between two frequencies and be empty."""
    edges = np.linspace(_mel(np.array(_LOWEST_HZ)), _mel(np.array(RATE_HZ / 2)), bands + 2)
    left_M, middle_M, right_M = edges[:-2], edges[1:-1], edges[2:]
    mels_K1 = _mel(np.arange(_FFT // 2 + 1) * RATE_HZ / _FFT)[:, None]
    up_KM = (mels_K1 - left_M) / (middle_M - left_M)
    down_KM = (right_M - mels_K1) / (right_M - middle_M)
    filters_KM: NDArray[np.float64] = np.maximum(np.minimum(up_KM, down_KM), 0)
    return filters_KM


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    mels: NDArray[np.float64] = 1127 * np.log1p(hz / 700)
    return mels
