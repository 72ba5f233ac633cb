"""Sound events by YAMNet, as Qualcomm AI Hub exported it to 8-bit ONNX; the front end is here.

Front end and classes: github.com/tensorflow/models, research/audioset/yamnet (params.py).
"""

# T patches of 0.96 s, every 0.48 s; N samples of a frame; F frequencies; M mel bands
# L classes of AudioSet

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception import needs
from affectlens.perception.onnx_net import load_session
from affectlens.perception.percepts import Floats, SoundEvent

_RATE_HZ, _FRAME, _STEP, _FFT, _BANDS = 16_000, 400, 160, 512, 64
_PATCH, _PATCH_STEP = 96, 48  # frames
_STEP_S = _PATCH_STEP * _STEP / _RATE_HZ
_WIDTH = (_PATCH - 1) * _STEP + _FRAME  # samples under one patch
# How this export writes numbers as uint8: value = scale · (byte − zero).
_IN_SCALE, _IN_ZERO = 0.04793788, 144
_OUT_SCALE, _OUT_ZERO = 0.7565417, 190

# Our name ← the classes of AudioSet that count as it, and the score that one of them must reach.
# On 320 acted sentences (RAVDESS) these thresholds give an event in 3 %, mostly sighs and gasps;
# benchmarks/words.py counts them. How many real events they miss was not measured.
_EVENTS: dict[str, tuple[float, tuple[str, ...]]] = {
    "laughter": (0.3, ("Laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle")),
    "baby laughter": (0.3, ("Baby laughter",)),
    "crying": (0.4, ("Crying, sobbing", "Whimper", "Wail, moan")),
    "baby crying": (0.3, ("Baby cry, infant cry",)),
    "screaming": (0.3, ("Screaming",)),
    "shouting": (0.3, ("Shout", "Yell", "Children shouting", "Whoop")),
    "whispering": (0.3, ("Whispering",)),
    "sigh": (0.4, ("Sigh",)),
    "gasp": (0.4, ("Gasp",)),
    "groan": (0.5, ("Groan", "Grunt")),
    "heavy breathing": (0.5, ("Breathing", "Pant", "Wheeze")),
    "sniffing": (0.5, ("Sniff",)),
    "cough": (0.5, ("Cough", "Throat clearing")),
    "sneeze": (0.5, ("Sneeze",)),
    "singing": (0.5, ("Singing", "Choir", "Chant", "Child singing", "Humming")),
    "music": (0.5, ("Music",)),
    "applause": (0.3, ("Applause", "Clapping")),
    "cheering": (0.3, ("Cheering",)),
}
PACKAGES = ("onnxruntime",)
MODELS = ("yamnet",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the net runs."""

    threads: int = 1


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> "YamNet":
    """The loaded net.

    Raises:
        UnavailableError: the model is not here.
    """
    (folder,) = needs.require(PACKAGES, MODELS)
    session = load_session(folder / "model.onnx", threads=config.threads)
    return YamNet(session, _columns(folder / "yamnet_class_map.csv"))


def _columns(class_map: Path) -> dict[str, list[int]]:
    """Our name → columns of the net's answer."""
    with class_map.open(encoding="utf-8", newline="") as file:
        index = {row["display_name"]: int(row["index"]) for row in csv.DictReader(file)}
    return {name: [index[c] for c in classes] for name, (_, classes) in _EVENTS.items()}


@dataclass(frozen=True, slots=True)
class YamNet:
    """Names what is heard beside words."""

    session: Any
    columns: dict[str, list[int]]

    def __call__(self, samples_S: Floats) -> list[SoundEvent]:
        """What is heard, in order of time."""
        scores_TL = self.scores(samples_S)
        found: list[SoundEvent] = []
        for name, columns in self.columns.items():
            threshold = _EVENTS[name][0]
            score_T = scores_TL[:, columns].max(axis=1)
            found += [
                SoundEvent(
                    _span(first, last, len(samples_S)), name, float(score_T[first:last].max())
                )
                for first, last in _runs(score_T >= threshold)
            ]
        return sorted(found, key=lambda event: (event.span, event.name))

    def scores(self, samples_S: Floats) -> Floats:
        """The score 0–1 of every class of AudioSet, one row for each 0.48 s."""
        patches = (self._logits(patch) for patch in _patches(samples_S))
        return np.asarray(1 / (1 + np.exp(-np.clip(np.stack(list(patches)), -60, 60))), np.float32)

    def _logits(self, patch_NM: Floats) -> Floats:
        quantised = np.clip(np.round(patch_NM / _IN_SCALE) + _IN_ZERO, 0, 255).astype(np.uint8)
        name = self.session.get_inputs()[0].name
        answer_L = self.session.run(None, {name: quantised[None, None]})[0][0]
        return np.asarray((answer_L.astype(np.float32) - _OUT_ZERO) * _OUT_SCALE, np.float32)


def _runs(on_T: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """First and one past the last of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on_T, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _span(first: int, last: int, samples: int) -> Span:
    """The time of a run of patches: of the outer ones, the middle half."""
    end_s = samples / _RATE_HZ
    start_s = min((first + 0.5) * _STEP_S if first else 0.0, end_s)
    return Span(start_s, min(max((last + 0.5) * _STEP_S, start_s), end_s))


def _patches(samples_S: Floats) -> Iterator[Floats]:
    """Log-mel patches (96, 64) that together reach over every sample."""
    hop = _PATCH_STEP * _STEP
    count = max(1, -(-(len(samples_S) - _WIDTH) // hop) + 1)
    padded_S = np.pad(samples_S, (0, max(0, (count - 1) * hop + _WIDTH - len(samples_S))))
    frames_TN = np.lib.stride_tricks.sliding_window_view(padded_S, _FRAME)[::_STEP]
    spectrum_TF = np.abs(np.fft.rfft(frames_TN * _WINDOW_N, _FFT))
    mel_TM = np.log(spectrum_TF @ _MEL_FM + 0.001).astype(np.float32)
    for start in range(0, count * _PATCH_STEP, _PATCH_STEP):
        yield mel_TM[start : start + _PATCH]


def _mel() -> Floats:
    """Triangles even on HTK's mel scale from 125 to 7500 Hz."""

    def mel(hz: Floats) -> Floats:
        return np.asarray(1127 * np.log(1 + hz / 700))

    here_F = mel(np.linspace(0, _RATE_HZ / 2, _FFT // 2 + 1, dtype=np.float32))[:, None]
    low, high = mel(np.array([125.0, 7500.0], np.float32))
    edges_M = np.linspace(low, high, _BANDS + 2)
    left_M, middle_M, right_M = edges_M[:-2], edges_M[1:-1], edges_M[2:]
    rise_FM = (here_F - left_M) / (middle_M - left_M)
    fall_FM = (right_M - here_F) / (right_M - middle_M)
    return np.asarray(np.maximum(0, np.minimum(rise_FM, fall_FM)), np.float32)


_MEL_FM = _mel()
_WINDOW_N = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)).astype(np.float32)
