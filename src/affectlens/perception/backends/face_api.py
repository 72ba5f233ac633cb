"""Expression by face-api.js's small net, trained on public data sets and pictures from the web."""

# H height, W width, C colour

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception import needs
from affectlens.perception.observers import ExpressionNet, Picture
from affectlens.perception.onnx_net import load_session
from affectlens.perception.percepts import Floats

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIDE = 112
MEAN_RGB = np.array([122.782, 117.001, 104.298], np.float32)  # face-api.js's FaceFeatureExtractor
# face-api.js: neutral, happy, sad, angry, fearful, disgusted, surprised
LABELS = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
PACKAGES = ("onnxruntime", "cv2")
MODELS = ("face-expression",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the net is run."""

    threads: int = 1  # small nets get slower with more

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigError(f"face_api: threads is at least 1, got {self.threads}.")


@dataclass(frozen=True, slots=True)
class FaceApi:
    """The net with face-api.js's own preprocessing."""

    session: "InferenceSession"

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the project's words."""
        return LABELS

    def __call__(self, rgb_HWC: Picture, box_4: Floats) -> Floats:
        """Probabilities (7,) for the face in a box of pixels."""
        square = _square(rgb_HWC, box_4)
        input_1CHW = ((square.astype(np.float32) - MEAN_RGB) / 255).transpose(2, 0, 1)[None]
        (probabilities,) = self.session.run(None, {"faces": np.ascontiguousarray(input_1CHW)})
        return np.asarray(probabilities[0], np.float32)


def _square(rgb_HWC: Picture, box_4: Floats) -> Picture:
    """The box, cut at the picture's edges, shrunk to fit and centred on a black square."""
    import cv2

    height, width = rgb_HWC.shape[:2]
    left, right = np.clip(np.round(box_4[[0, 2]]), 0, width).astype(int)
    top, bottom = np.clip(np.round(box_4[[1, 3]]), 0, height).astype(int)
    if right <= left or bottom <= top:
        raise ValueError(f"The box {box_4} lies outside the picture of {width} × {height}.")
    zoom = SIDE / max(right - left, bottom - top)
    across = max(1, round((right - left) * zoom))
    down = max(1, round((bottom - top) * zoom))
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    face = cv2.resize(rgb_HWC[top:bottom, left:right], (across, down), interpolation=how)
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    x, y = (SIDE - across) // 2, (SIDE - down) // 2
    square[y : y + down, x : x + across] = face
    return square


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> ExpressionNet:
    """The net, loaded."""
    (file,) = needs.require(PACKAGES, MODELS)
    return FaceApi(load_session(file, threads=config.threads))
