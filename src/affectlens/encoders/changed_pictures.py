"""Changes of pictures: what other lights, cameras and files would have made of them."""

# H height, W width, C colours, L levels

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_SIDE = 224  # of an aligned face: sizes in pixels are those of it
_TILE = 256  # noise repeats from there on

Picture = NDArray[np.uint8]
Rng = np.random.Generator


def _mirror(rng: Rng) -> Callable[[Picture], Picture]:
    del rng
    return lambda rgb_HWC: np.ascontiguousarray(rgb_HWC[:, ::-1])


def _pose(rng: Rng) -> Callable[[Picture], Picture]:
    """Turned, nearer or farther, beside the middle."""
    degrees, scale = rng.uniform(-12, 12), rng.uniform(0.85, 1.2)
    right, down = rng.uniform(-0.06, 0.06, 2)

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        height, width = rgb_HWC.shape[:2]
        into = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
        into[:, 2] += right * width, down * height
        moved = cv2.warpAffine(rgb_HWC, into, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, np.uint8)

    return change


def _light(rng: Rng) -> Callable[[Picture], Picture]:
    """Contrast, brightness and gamma."""
    contrast, more, gamma = rng.uniform(0.6, 1.4), rng.uniform(-40, 40), rng.uniform(0.6, 1.6)
    levels_L = np.clip(np.arange(256) * contrast + 127.5 * (1 - contrast) + more, 0, 255)
    table_L = (255 * (levels_L / 255) ** gamma).astype(np.uint8)

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        return np.asarray(cv2.LUT(rgb_HWC, table_L), np.uint8)

    return change


def _colour(rng: Rng) -> Callable[[Picture], Picture]:
    """Paler, or grey, as some collections are throughout."""
    share = max(0.0, rng.uniform(-0.5, 1))

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        grey_HWC = cv2.cvtColor(cv2.cvtColor(rgb_HWC, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.addWeighted(rgb_HWC, share, grey_HWC, 1 - share, 0), np.uint8)

    return change


def _blur(rng: Rng) -> Callable[[Picture], Picture]:
    pixels = rng.uniform(0.5, 2.5)

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        sigma = pixels * min(rgb_HWC.shape[:2]) / _SIDE
        return np.asarray(cv2.GaussianBlur(rgb_HWC, (0, 0), sigma), np.uint8)

    return change


def _small(rng: Rng) -> Callable[[Picture], Picture]:
    """As if it had been few pixels wide."""
    share = rng.uniform(40, 160) / _SIDE

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        height, width = rgb_HWC.shape[:2]
        few = (max(1, round(width * share)), max(1, round(height * share)))
        small_HWC = cv2.resize(rgb_HWC, few, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small_HWC, (width, height)), np.uint8)

    return change


def _grain(rng: Rng) -> Callable[[Picture], Picture]:
    """A sensor's noise, shifted from picture to picture."""
    levels = np.float32(rng.uniform(2, 16))
    tile_HWC = (rng.standard_normal((_TILE, _TILE, 3), np.float32) * levels).astype(np.int16)

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        height, width = rgb_HWC.shape[:2]
        shift = tuple(int(n) for n in rng.integers(0, _TILE, 2))
        noise_HWC = np.roll(tile_HWC, shift, (0, 1))
        if max(height, width) > _TILE:
            noise_HWC = np.tile(noise_HWC, (-(-height // _TILE), -(-width // _TILE), 1))
        noise_HWC = np.ascontiguousarray(noise_HWC[:height, :width])
        return np.asarray(cv2.add(rgb_HWC, noise_HWC, dtype=cv2.CV_8U), np.uint8)

    return change


def _jpeg(rng: Rng) -> Callable[[Picture], Picture]:
    quality = int(rng.integers(15, 71))

    def change(rgb_HWC: Picture) -> Picture:
        import cv2

        _, file = cv2.imencode(".jpg", rgb_HWC, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)

    return change


def _hidden(rng: Rng) -> Callable[[Picture], Picture]:
    """Something of one colour before a part of it."""
    left, top = rng.uniform(0, 0.85, 2)
    wide, tall = rng.uniform(0.1, 0.3, 2)
    colour_C = rng.integers(0, 256, 3, np.uint8)

    def change(rgb_HWC: Picture) -> Picture:
        height, width = rgb_HWC.shape[:2]
        hidden_HWC = rgb_HWC.copy()
        rows = slice(round(top * height), round((top + tall) * height))
        hidden_HWC[rows, round(left * width) : round((left + wide) * width)] = colour_C
        return hidden_HWC

    return change


PICTURES = (
    (0.5, _mirror),
    (0.6, _pose),
    (0.2, _hidden),
    (0.6, _light),
    (0.3, _colour),
    (0.25, _blur),
    (0.35, _small),
    (0.3, _grain),
    (0.4, _jpeg),
)
