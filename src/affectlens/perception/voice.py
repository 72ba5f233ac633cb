"""Pitch and loudness of a sound, every 20 ms."""

# V moments of the voice, N samples of one frame, F frequencies, G lags, C candidates

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import SOUND_RATE_HZ, Sound
from affectlens.perception.percepts import Floats, Voice

HOP = 320  # samples from one moment to the next: 20 ms
FRAME = 800  # 50 ms, three periods of the lowest pitch
FLOOR_DB = -100.0  # digital silence
_BLOCK_S = 20.0
_FFT = 2048  # FRAME and the longest lag fit without wrapping round
_EDGE = (FRAME - HOP) // 2  # so that moment k lies at (k + 1/2) hops
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 500.0
# Boersma (1993), "Accurate short-term analysis of the fundamental frequency …", with the defaults
# of Praat's "To Pitch (ac)"; costs per step are scaled from its 10 ms to our 20 ms.
_CANDIDATES = 5
_SILENCE, _VOICING = 0.03, 0.45
_OCTAVE_COST = 0.01
_STEP = 0.01 * SOUND_RATE_HZ / HOP
_OCTAVE_JUMP_COST, _VOICED_UNVOICED_COST = 0.35 * _STEP, 0.14 * _STEP
_QUIETEST_PEAK = 0.01  # -40 dB: a block with nothing louder does not count as its own reference


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """What the pitch could be at each moment; candidate 0 is "unvoiced", at 0 Hz."""

    hz_VC: Floats
    strength_VC: Floats


def listen(sound: Sound, *, progress: Progress = silent) -> Voice:
    """Pitch (60–500 Hz) and loudness (RMS, dB re full scale, not weighted), in bounded memory."""
    pitch: list[Floats] = []
    loudness: list[Floats] = []
    carry = np.zeros(_EDGE, np.float32)
    for start_s, block in sound.blocks(_BLOCK_S):
        samples = np.concatenate([carry, block])
        frames_VN = _frames(samples)
        carry = samples[len(frames_VN) * HOP :]
        pitch.append(_pitch(frames_VN))
        loudness.append(_loudness(frames_VN))
        progress("voice", min(1.0, start_s / max(sound.duration_s, 1e-9)))
    last_VN = _frames(np.concatenate([carry, np.zeros(_EDGE, np.float32)]))
    pitch.append(_pitch(last_VN))
    loudness.append(_loudness(last_VN))
    pitch_V = np.concatenate(pitch)
    times_V = (np.arange(len(pitch_V)) + 0.5) * HOP / SOUND_RATE_HZ
    return Voice(times_V, pitch_V, np.concatenate(loudness))


def _frames(samples: Floats) -> Floats:
    """Overlapping windows of the samples, without a copy."""
    if len(samples) < FRAME:
        return np.empty((0, FRAME), np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]


_HANN_N: Floats = np.hanning(FRAME + 2)[1:-1].astype(np.float32)


def _loudness(frames_VN: Floats) -> Floats:
    """Root mean square under a Hann window, dB."""
    power_V = (frames_VN**2) @ (_HANN_N**2 / (_HANN_N**2).sum())
    return np.asarray(10 * np.log10(np.maximum(power_V, 10 ** (FLOOR_DB / 10))), np.float32)


def _pitch(frames_VN: Floats) -> Floats:
    """The best path through the candidates; NaN where unvoiced."""
    if len(frames_VN) == 0:
        return np.empty(0, np.float32)
    found = _candidates(frames_VN)
    best_V = _best_path(found)
    hz_V = np.take_along_axis(found.hz_VC, best_V[:, None], axis=1)[:, 0]
    return np.where(hz_V > 0, hz_V, np.nan).astype(np.float32)


def _autocorrelation(frames_VN: Floats) -> Floats:
    """Normalised autocorrelation, freed from the window's own (Boersma's equation 9)."""
    spectrum_VF = np.abs(np.fft.rfft(frames_VN * _HANN_N, _FFT)) ** 2
    raw_VG = np.fft.irfft(spectrum_VF, _FFT)[:, : _LAGS.stop + 1]
    window_G = np.fft.irfft(np.abs(np.fft.rfft(_HANN_N, _FFT)) ** 2, _FFT)[: _LAGS.stop + 1]
    energy_V = np.maximum(raw_VG[:, :1], 1e-12)
    return np.asarray(raw_VG / energy_V / (window_G / window_G[0]), np.float32)


_LAGS = slice(int(SOUND_RATE_HZ / _HIGHEST_HZ), int(SOUND_RATE_HZ / _LOWEST_HZ) + 1)


def _candidates(frames_VN: Floats) -> _Candidates:
    """Peaks of the autocorrelation, refined by a parabola, and the unvoiced candidate."""
    centred_VN = frames_VN - frames_VN.mean(axis=1, keepdims=True)
    r_VG = _autocorrelation(centred_VN)
    left_VG, here_VG = r_VG[:, _LAGS.start - 1 : -2], r_VG[:, _LAGS.start : -1]
    right_VG = r_VG[:, _LAGS.start + 1 :]
    peak_VG = (here_VG > left_VG) & (here_VG >= right_VG) & (here_VG > _VOICING / 2)
    curve_VG = np.where(peak_VG, left_VG - 2 * here_VG + right_VG, -1)
    shift_VG = np.clip(0.5 * (left_VG - right_VG) / curve_VG, -1, 1)
    lag_VG = np.arange(_LAGS.start, _LAGS.stop) + shift_VG
    height_VG = here_VG - 0.25 * (left_VG - right_VG) * shift_VG
    value_VG = np.minimum(height_VG, 1 / np.maximum(height_VG, 1e-6))  # noise can lift r over 1
    value_VG -= _OCTAVE_COST * np.log2(_LOWEST_HZ / SOUND_RATE_HZ * lag_VG)
    value_VG = np.where(peak_VG, value_VG, -np.inf)
    top_VC = np.argpartition(value_VG, -_CANDIDATES, axis=1)[:, -_CANDIDATES:]
    unvoiced_V1 = _unvoiced(centred_VN)[:, None]
    hz_VC = SOUND_RATE_HZ / np.take_along_axis(lag_VG, top_VC, axis=1)
    return _Candidates(
        np.hstack([np.zeros_like(unvoiced_V1), hz_VC]).astype(np.float32),
        np.hstack([unvoiced_V1, np.take_along_axis(value_VG, top_VC, axis=1)]).astype(np.float32),
    )


def _unvoiced(centred_VN: Floats) -> Floats:
    """Strength of the unvoiced candidate, higher in silence (Boersma's equation 23)."""
    peak_V = np.abs(centred_VN).max(axis=1)
    relative_V = peak_V / max(float(peak_V.max()), _QUIETEST_PEAK)
    silence_V = np.maximum(0.0, 2 - relative_V / (_SILENCE / (1 + _VOICING)))
    return np.asarray(_VOICING + silence_V, np.float32)


def _best_path(found: _Candidates) -> NDArray[np.intp]:
    """Index of the candidate at each moment, by Viterbi over octave jumps and voicing changes."""
    octave_VC = np.log2(np.maximum(found.hz_VC, 1.0))
    voiced_VC = found.hz_VC > 0
    jump_VCC = np.abs(octave_VC[:-1, :, None] - octave_VC[1:, None, :])
    both_VCC = voiced_VC[:-1, :, None] & voiced_VC[1:, None, :]
    change_VCC = voiced_VC[:-1, :, None] ^ voiced_VC[1:, None, :]
    cost_VCC = _OCTAVE_JUMP_COST * jump_VCC * both_VCC + _VOICED_UNVOICED_COST * change_VCC
    score_C = found.strength_VC[0]
    came_from: list[NDArray[np.intp]] = []
    for cost_CC, strength_C in zip(cost_VCC, found.strength_VC[1:], strict=True):
        total_CC = score_C[:, None] - cost_CC
        came_from.append(total_CC.argmax(axis=0))
        score_C = total_CC.max(axis=0) + strength_C
    path = [score_C.argmax()]
    for back_C in reversed(came_from):
        path.append(back_C[path[-1]])
    return np.array(path[::-1])
