"""A small fixed net for pictures and sound, without weights to fetch: for tests and for plumbing.

A picture is the mean colours of an 8 × 8 grid, 0.1 s of sound is its log spectrum in 64 bands;
both go through a random projection that the seed fixes.
"""

# T rows, D width, H height, W width of a picture, C colours, S samples, F inputs, G cells

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.view import Pictures, Shown, Waves
from affectlens.encoders.weights import random_fingerprint
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.media.clip import SOUND_RATE_HZ

SHOWN = ("pictures", "sound")
OUTPUT = "tokens"
_GRID = 8
_BANDS = 64
_STEP_S = 0.1
_FLOOR = 1e-6  # power of silence

Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How wide a row is, and which random projection it is made by."""

    width: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if self.width < 1 or self.seed < 0:
            raise ConfigError(
                "tiny: the width is at least 1 and the seed at least 0; "
                f"got {self.width} and {self.seed}."
            )


def outputs(config: Config) -> Mapping[str, int]:
    """`tokens`: a row per picture, or per 0.1 s of sound."""
    return {OUTPUT: config.width}


def tiny(config: Config) -> Config:
    """It is."""
    return config


@dataclass(frozen=True, slots=True)
class Tiny:
    """Two projections."""

    of_picture_FD: Doubles
    of_sound_FD: Doubles
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Rows of what is shown."""
        if isinstance(shown, Pictures):
            seen_TF = np.stack([_grid(rgb_HWC) for rgb_HWC in shown.rgb_THWC])
            return {OUTPUT: _features(seen_TF @ self.of_picture_FD, shown.times_T)}
        assert isinstance(shown, Waves)
        spectra = [_spectra(samples_S) for samples_S in shown.samples_NS]
        times = [
            start_s + np.arange(len(spectrum_TF)) * _STEP_S
            for start_s, spectrum_TF in zip(shown.times_N, spectra, strict=True)
        ]
        heard_TF = np.concatenate(spectra)
        return {OUTPUT: _features(heard_TF @ self.of_sound_FD, np.concatenate(times))}


def build(config: Config, place: Place) -> Encoder:
    """The net; it computes with NumPy, wherever `place` is."""
    del place
    rng = np.random.default_rng(config.seed)
    of_picture_FD = _projection(rng, 3 * _GRID**2, config.width)
    of_sound_FD = _projection(rng, _BANDS, config.width)
    return Tiny(of_picture_FD, of_sound_FD, random_fingerprint(f"tiny {config}"))


def _projection(rng: np.random.Generator, inputs: int, width: int) -> Doubles:
    return rng.uniform(-1, 1, (inputs, width)) * math.sqrt(3 / inputs)


def _grid(rgb_HWC: NDArray[np.uint8]) -> Doubles:
    """Mean colours of the cells, row by row, -1 … 1."""
    height, width = rgb_HWC.shape[:2]
    tops, lefts = np.arange(_GRID) * height // _GRID, np.arange(_GRID) * width // _GRID
    rows_GWC = np.add.reduceat(rgb_HWC, tops, axis=0, dtype=np.uint32)
    sums_GGC = np.add.reduceat(rows_GWC, lefts, axis=1, dtype=np.uint64)
    # Of a picture smaller than the grid, reduceat takes one pixel for several cells.
    heights = np.maximum(np.diff(tops, append=height), 1)
    widths = np.maximum(np.diff(lefts, append=width), 1)
    pixels_GG1 = (heights[:, None] * widths)[..., None]
    return np.asarray(sums_GGC / pixels_GG1 / 127.5 - 1, np.float64).ravel()


def _spectra(samples_S: NDArray[np.float32]) -> Doubles:
    """Log power of each step's bands; silence fills up the last step."""
    length = round(_STEP_S * SOUND_RATE_HZ)
    steps = max(1, -(-len(samples_S) // length))
    filled = np.zeros(steps * length)
    filled[: len(samples_S)] = samples_S
    power_TF = np.abs(np.fft.rfft(filled.reshape(steps, length), axis=1)) ** 2 / length
    edges = np.arange(_BANDS) * power_TF.shape[1] // _BANDS
    return np.log(np.add.reduceat(power_TF, edges, axis=1) + _FLOOR)


def _features(values_TD: Doubles, times_T: Doubles) -> Features:
    return Features(values_TD.astype(np.float32), np.asarray(times_T, np.float64))
