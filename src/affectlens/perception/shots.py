"""Cuts, and plain facts of the picture between them: light, colour, motion."""

# H height, W width

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.timeline import Span
from affectlens.media.clip import Frame
from affectlens.perception.percepts import Floats, Shot

_SIDE = 64  # longer side of the picture on which facts are measured
_BINS = 16
# A cut changes most of the histogram of luma and hue between two looks, or most of the pixels.
_CUT_HISTOGRAM = 0.45  # share of pixels that change their bin, 0–1
_CUT_PIXELS = 0.22  # mean absolute change of luma, 0–1
_SHORTEST_S = 0.3  # flashes are no shots


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One picture, small."""

    time_s: float
    luma_HW: Floats
    histogram: Floats
    warmth: float
    saturation: float


class ShotMeter:
    """Takes one frame after the other; tells cuts at once and shots in the end."""

    def __init__(self) -> None:
        self._last: _Look | None = None
        self._looks: list[tuple[float, float, float, float]] = []
        self._motion: list[float] = []
        self._start_s = 0.0
        self._shots: list[Shot] = []

    def see(self, frame: Frame) -> bool:
        """Whether a new shot starts with this frame."""
        look = _look(frame)
        cut = self._last is not None and self._is_cut(self._last, look)
        if cut:
            self._close(look.time_s)
        elif self._last is not None:
            passed_s = max(look.time_s - self._last.time_s, 1e-3)
            change = float(np.abs(look.luma_HW - self._last.luma_HW).mean())
            self._motion.append(change / passed_s)
        self._looks.append(
            (float(look.luma_HW.mean()), float(look.luma_HW.std()), look.warmth, look.saturation)
        )
        self._last = look
        return cut

    def shots(self, end_s: float) -> tuple[Shot, ...]:
        """Every shot up to the end of the clip."""
        self._close(end_s)
        return tuple(self._shots)

    def _is_cut(self, last: _Look, look: _Look) -> bool:
        if look.time_s - self._start_s < _SHORTEST_S:
            return False
        moved = float(np.abs(look.histogram - last.histogram).sum() / 2)
        changed = float(np.abs(look.luma_HW - last.luma_HW).mean())
        return moved > _CUT_HISTOGRAM or changed > _CUT_PIXELS

    def _close(self, end_s: float) -> None:
        """End the shot that runs."""
        if not self._looks:
            return
        brightness, contrast, warmth, saturation = np.mean(self._looks, axis=0)
        span = Span(self._start_s, max(self._start_s, end_s))
        motion = float(np.mean(self._motion)) if self._motion else 0.0
        self._shots.append(
            Shot(span, float(brightness), float(contrast), float(warmth), float(saturation), motion)
        )
        self._looks, self._motion, self._start_s = [], [], end_s


def _look(frame: Frame) -> _Look:
    small = _small(frame.rgb_HWC)
    rgb = small.astype(np.float32) / 255
    luma = np.asarray(rgb @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    luma_bins = np.histogram(luma, _BINS, (0, 1))[0]
    hue_bins = np.histogram(hsv[..., 0], _BINS, (0, 360), weights=hsv[..., 1] * hsv[..., 2])[0]
    shares = [luma_bins / max(luma_bins.sum(), 1), hue_bins / max(hue_bins.sum(), 1e-6)]
    histogram = np.asarray(np.concatenate(shares) / 2, np.float32)
    warmth = float((rgb[..., 0] - rgb[..., 2]).mean())
    return _Look(frame.time_s, luma, histogram, warmth, float(hsv[..., 1].mean()))


def _small(rgb_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb_HWC.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb_HWC, size, interpolation=cv2.INTER_AREA), np.uint8)
