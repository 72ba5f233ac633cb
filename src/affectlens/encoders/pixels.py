"""Pictures as picture nets take them: resized as Pillow does it, normalised, channels first.

Published preprocessings are defined by Pillow's resampling (torchvision and transformers call it),
so Pillow it is: other libraries' "bicubic" gives other numbers.
"""

# T pictures, C colours, H height, W width

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MeanStd = Literal["clip", "imagenet"]
Fit = Literal["squeeze", "crop"]

_MEAN_STD: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """What a net expects: squares of `side` pixels.

    `fit` "squeeze" changes the aspect, "crop" resizes the shorter side and cuts out the middle.
    """

    side: int
    mean_std: MeanStd
    fit: Fit = "squeeze"
    filter: Literal["bicubic", "bilinear"] = "bicubic"


def batches(
    rgb_THWC: NDArray[np.uint8], how: Preparation, at_once: int
) -> Iterator[NDArray[np.float32]]:
    """Prepared pictures, at most `at_once` at a time (TCHW), so that memory stays bounded."""
    for start in range(0, len(rgb_THWC), at_once):
        yield prepared(rgb_THWC[start : start + at_once], how)


def prepared(rgb_THWC: NDArray[np.uint8], how: Preparation) -> NDArray[np.float32]:
    """TCHW, every picture by itself."""
    mean_C, std_C = (np.array(numbers, np.float32) for numbers in _MEAN_STD[how.mean_std])
    resized_THWC = np.stack([_fitted(rgb_HWC, how) for rgb_HWC in rgb_THWC])
    # 1/255 in double precision, then single: as transformers' processors round.
    shares_THWC = (resized_THWC * (1 / 255)).astype(np.float32)
    return np.ascontiguousarray(((shares_THWC - mean_C) / std_C).transpose(0, 3, 1, 2))


def _fitted(rgb_HWC: NDArray[np.uint8], how: Preparation) -> NDArray[np.uint8]:
    from PIL.Image import Resampling, fromarray

    height, width = rgb_HWC.shape[:2]
    wide = tall = how.side
    if how.fit == "crop":
        wide = how.side if width <= height else int(how.side * width / height)
        tall = how.side if height <= width else int(how.side * height / width)
    filter_ = Resampling.BICUBIC if how.filter == "bicubic" else Resampling.BILINEAR
    resized_HWC = np.asarray(fromarray(rgb_HWC).resize((wide, tall), filter_))
    top, left = (tall - how.side) // 2, (wide - how.side) // 2
    return resized_HWC[top : top + how.side, left : left + how.side]
