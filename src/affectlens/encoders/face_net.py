"""A small residual ConvNet for faces: a vector of features, and how likely each emotion is.

A face is a grey square of 48 × 48 pixels, as FER2013 has them. Its light does not matter: every
picture is brought to the same mean and deviation. Residual blocks after arXiv 1512.03385, whose
shortcuts halve by means (arXiv 1812.01187).
"""

# B pictures, H height, W width, C channels, D width of the features, E emotions

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import InputError
from affectlens.foundation.records import write_atomically

SIDE = 48
LABELS = DFEW7.labels
KIND = "affectlens_face_net"
CONFIG = "config.json"
_FLAT = 8.0  # of 255; added to the deviation, so that a blank picture is no noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Channels and residual blocks of each level, which is half as wide and high as what it sees.

    The first one sees the picture.
    """

    channels: tuple[int, ...] = (32, 64, 128, 192)
    blocks: tuple[int, ...] = (1, 2, 2, 1)

    @property
    def width(self) -> int:
        """Of the features."""
        return self.channels[-1]


def small(width: int) -> Sizes:
    """One block a level, for tests."""
    return Sizes(channels=(8, 16, 24, width), blocks=(0, 1, 1, 1))


class FaceNet(nn.Module):
    """1.3 million parameters at the sizes above."""

    def __init__(self, sizes: Sizes, dropout: float = 0.0) -> None:
        super().__init__()
        given = sizes.channels[0]
        self.stem = _conv(1, given, size=5, stride=2)
        levels = []
        for level, (made, blocks) in enumerate(zip(sizes.channels, sizes.blocks, strict=True)):
            for block in range(blocks):
                levels.append(Residual(given, made, stride=2 if level and not block else 1))
                given = made
        self.levels = nn.Sequential(*levels)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(given, len(LABELS))

    def forward(self, faces_B1HW: Tensor) -> tuple[Tensor, Tensor]:
        """Features (BD) and logits (BE, in the order of LABELS) of standardised faces."""
        features_BD = self.grid(faces_B1HW).mean((2, 3))
        return features_BD, self.head(self.dropout(features_BD))

    def grid(self, faces_B1HW: Tensor) -> Tensor:
        """The last level before its mean is taken: 3 × 3 vectors (BDHW) at four levels."""
        grid_BDHW: Tensor = self.levels(functional.relu(self.stem(faces_B1HW)))
        return grid_BDHW


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, given: int, made: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = _conv(given, made, size=3, stride=stride)
        self.second = _conv(made, made, size=3, stride=1)
        changes = given != made or stride > 1
        self.shortcut = _conv(given, made, size=1, stride=1) if changes else nn.Identity()

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Half as wide and high where the stride is 2."""
        y_BCHW = self.second(functional.relu(self.first(x_BCHW)))
        if self.stride > 1:
            x_BCHW = functional.avg_pool2d(x_BCHW, self.stride)
        return functional.relu(y_BCHW + self.shortcut(x_BCHW))


def _conv(given: int, made: int, *, size: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(given, made, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made))


def grey(rgb_BHWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures of any size as the net's grey squares (BHW): by means of areas."""
    import cv2

    faces = [cv2.cvtColor(rgb_HWC, cv2.COLOR_RGB2GRAY) for rgb_HWC in rgb_BHWC]
    small = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in faces]
    return np.asarray(np.stack(small), np.uint8)


def standardised(faces_B1HW: Tensor) -> Tensor:
    """Grey values of 0 to 255 as the net takes them."""
    mean_B111 = faces_B1HW.mean((1, 2, 3), keepdim=True)
    std_B111 = faces_B1HW.std((1, 2, 3), keepdim=True)
    return (faces_B1HW - mean_B111) / (std_B111 + _FLAT)


def write_config(folder: Path, sizes: Sizes, **facts: Any) -> None:
    """Write what `sizes_of` reads, and facts for people."""
    content = {"model_type": KIND, **asdict(sizes), "side": SIDE, "labels": LABELS, **facts}
    write_atomically(folder / CONFIG, json.dumps(content, indent=2) + "\n")


def sizes_of(folder: Path) -> Sizes:
    """The sizes of the net in a folder.

    Raises:
        InputError: its config.json cannot be read, or is of another net.
    """
    path = folder / CONFIG
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        found = (told["model_type"], told["side"], tuple(told["labels"]))
        sizes = Sizes(channels=tuple(told["channels"]), blocks=tuple(told["blocks"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no config of a face net: {error!r}") from error
    if found != (KIND, SIDE, LABELS):
        raise InputError(
            f"{path} is of {found[0]!r} for {found[1]!r} pixels and {found[2]}; "
            f"wanted {KIND!r}, {SIDE} and {LABELS}."
        )
    return sizes
