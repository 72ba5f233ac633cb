"""A person of the toy clips, drawn and heard: pictures of a face, and a voice without words."""

# H height, W width, S samples

import colorsys
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.toy_signs import Face, Voice

SIDE = 128  # pixels of a picture
RATE_HZ = 8  # pictures per second
SOUND_HZ = 16_000
_FINE = 3  # drawn so many times larger, then made small
_HARMONICS_HZ = 4_000.0
_FORMANTS_HZ = (600.0, 1400.0, 2600.0)
_FORMANT_WIDTH_HZ = 250.0

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What stays the same from clip to clip."""

    skin: Colour
    hair: Colour
    wall: Colour
    length: float  # of the face against its width
    pitch_hz: float

    @staticmethod
    def drawn(rng: np.random.Generator) -> "Person":
        """Somebody."""
        dark = rng.uniform(0.65, 0.95)
        return Person(
            skin=_colour(rng.uniform(0.05, 0.09), rng.uniform(0.3, 0.55), dark),
            hair=_colour(rng.uniform(0.02, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.1, 0.5)),
            wall=_colour(rng.uniform(0, 1), rng.uniform(0.05, 0.2), rng.uniform(0.6, 0.85)),
            length=rng.uniform(1.2, 1.4),
            pitch_hz=float(rng.choice([120.0, 200.0]) * rng.uniform(0.9, 1.1)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one clip shows a person: where, how large, how clearly."""

    x: float  # middle of the face, shares of the picture
    y: float
    width: float  # of the face
    light: float
    noise: float  # levels of grey

    @staticmethod
    def drawn(rng: np.random.Generator) -> "Shown":
        """Somewhere."""
        return Shown(
            x=rng.uniform(0.47, 0.53),
            y=rng.uniform(0.49, 0.54),
            width=rng.uniform(0.58, 0.64),
            light=rng.uniform(0.9, 1.08),
            noise=rng.uniform(2, 8),
        )


def picture(
    person: Person, face: Face, shown: Shown, speaks: float, rng: np.random.Generator
) -> Picture:
    """One frame (H, W, 3); `speaks` opens the mouth further, 0–1."""
    side = SIDE * _FINE
    rgb_HWC = np.full((side, side, 3), person.wall, np.uint8)
    pen = _Pen(rgb_HWC, shown, person.length)
    pen.oval((0, -0.12), (0.58, 0.62 * person.length), person.hair)
    pen.oval((0, 0), (0.5, 0.5 * person.length), person.skin)
    for which in (-1, 1):
        pen.eye(which, face)
        pen.brow(which, face, person.hair)
    shade = tuple(int(0.8 * part) for part in person.skin)
    pen.line([(0, -0.08), (-0.05, 0.12), (0.03, 0.13)], (shade[0], shade[1], shade[2]), 0.03)
    pen.mouth(face, speaks)
    small_HWC = cv2.resize(rgb_HWC, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    noise_HWC = rng.normal(0, shown.noise, small_HWC.shape)
    return np.asarray(np.clip(small_HWC * shown.light + noise_HWC, 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in the face's own measure: 1 is its width, the middle is (0, 0), down is +."""

    rgb_HWC: Picture
    shown: Shown
    length: float

    def oval(self, middle: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
        """A filled oval."""
        size = tuple(max(1, round(radius * self._scale)) for radius in radii)
        cv2.ellipse(
            self.rgb_HWC, self._at(*middle), (size[0], size[1]), 0, 0, 360, colour, -1, cv2.LINE_AA
        )

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float) -> None:
        """A line through points."""
        corners = np.array([self._at(*point) for point in points], np.int32)
        thick = max(1, round(width * self._scale))
        cv2.polylines(self.rgb_HWC, [corners], False, colour, thick, cv2.LINE_AA)

    def eye(self, which: int, face: Face) -> None:
        """A white oval with a dark disk; -1 is the eye on the left."""
        high = 0.02 + 0.07 * face.eyes
        self.oval((0.22 * which, -0.1), (0.11, high), (250, 250, 250))
        self.oval((0.22 * which, -0.1), (min(0.05, high), min(0.05, high)), (40, 30, 20))

    def brow(self, which: int, face: Face, colour: Colour) -> None:
        """A thick line above an eye."""
        high = -0.25 - 0.07 * face.brows
        inner, outer = high - 0.07 * face.slant, high + 0.05 * face.slant
        dark = tuple(part // 2 for part in colour)
        points = [(0.1 * which, inner), (0.35 * which, outer)]
        self.line(points, (dark[0], dark[1], dark[2]), 0.05)

    def mouth(self, face: Face, speaks: float) -> None:
        """Two curves with darkness between them."""
        gape = 0.02 + 0.16 * face.gape + 0.05 * speaks
        x_S = np.linspace(-1, 1, 15)
        bow_S = -0.14 * face.smile * (x_S**2 - 0.5)
        half = gape * (1 - x_S**2)
        across_S, middle = 0.24 * x_S, 0.36 * self.length / 1.3
        outline = [*zip(across_S, middle + bow_S - half / 2, strict=True)]
        outline += [*zip(across_S[::-1], (middle + bow_S + half / 2)[::-1], strict=True)]
        corners = np.array([self._at(float(x), float(y)) for x, y in outline], np.int32)
        cv2.fillPoly(self.rgb_HWC, [corners], (90, 20, 25), cv2.LINE_AA)
        self.line([(float(x), float(y)) for x, y in [*outline, outline[0]]], (170, 70, 70), 0.035)

    @property
    def _scale(self) -> float:
        return self.shown.width * len(self.rgb_HWC)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        side = len(self.rgb_HWC)
        return round(self.shown.x * side + x * self._scale), round(
            self.shown.y * side + y * self._scale
        )


def speech(
    person: Person, voice: Voice, length_s: float, rng: np.random.Generator
) -> tuple[Sound, Sound]:
    """A voice without words, -1 … 1, and how wide the mouth is for it, 0–1; both (S,)."""
    times_S = np.arange(round(length_s * SOUND_HZ)) / SOUND_HZ
    rate_hz = voice.rate_hz * rng.uniform(0.9, 1.1)
    beat_S = times_S * rate_hz + rng.uniform(0, 0.3)
    open_S = np.clip(np.sin(2 * np.pi * beat_S), 0, 1) ** 0.6
    steps = voice.pitch_st + rng.normal(0, 0.7) + voice.rise_st * (times_S / length_s - 0.5)
    wobble_S = 0.3 * np.sin(2 * np.pi * 5.5 * times_S + rng.uniform(0, 6))
    pitch_S = person.pitch_hz * 2 ** ((steps + wobble_S) / 12)
    phase_S = 2 * np.pi * np.cumsum(pitch_S) / SOUND_HZ
    total_S = np.zeros_like(times_S)
    for k in range(1, int(_HARMONICS_HZ / pitch_S.max()) + 1):
        near = sum(np.exp(-(((k * pitch_S - hz) / _FORMANT_WIDTH_HZ) ** 2)) for hz in _FORMANTS_HZ)
        total_S += voice.brightness ** (k - 1) * (0.3 + near) * np.sin(k * phase_S)
    sound_S = total_S * open_S
    loud_db = voice.loudness_db + rng.normal(0, 1.5)
    sound_S *= 10 ** (loud_db / 20) / max(float(np.sqrt(np.mean(sound_S**2))), 1e-9)
    hiss_S = rng.normal(0, 10 ** (-55 / 20), len(sound_S))
    return _floats(np.tanh(sound_S + hiss_S)), _floats(open_S)


def _floats(values_S: NDArray[np.float64]) -> Sound:
    return values_S.astype(np.float32)


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)
