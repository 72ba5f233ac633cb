"""Face boxes by BlazeFace, Google's full-range detector (Bazarevsky et al., arXiv:1907.05047)."""

# H height, W width, S side of the net's input, A anchors, K kept, N faces

from dataclasses import dataclass
from functools import cache

import numpy as np

from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.perception import packaged
from affectlens.perception.litert import Net, load_net
from affectlens.perception.observers import Detections, FaceDetector, Picture
from affectlens.perception.percepts import Floats

MODEL = "face_detection_full_range.tflite"
SIDE = 192
STRIDE = 4
MODELS = ("face-detector",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """When a face counts as found."""

    threshold: float = 0.5
    overlap: float = 0.3  # boxes that share more than this (IoU) are one face
    threads: int = 1  # small nets get slower with more

    def __post_init__(self) -> None:
        if not (0 < self.threshold < 1 and 0 < self.overlap < 1 and self.threads >= 1):
            raise ConfigError("blazeface: threshold and overlap lie in 0–1, threads is at least 1.")


@cache
def _anchors() -> Floats:
    """Centres of the net's cells (A, 2) in pixels of its input, row by row."""
    ys, xs = np.mgrid[0 : SIDE // STRIDE, 0 : SIDE // STRIDE]
    centres_A2 = (np.stack([xs, ys], -1).reshape(-1, 2) + 0.5) * STRIDE
    return centres_A2.astype(np.float32)


@dataclass(frozen=True, slots=True)
class BlazeFace:
    """Looks at the whole picture, letterboxed to a square."""

    net: Net
    config: Config

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """Every face of a picture."""
        import cv2

        height, width = rgb_HWC.shape[:2]
        scale = SIDE / max(height, width)
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(rgb_HWC, (across, down), interpolation=cv2.INTER_AREA)
        left, top = (SIDE - across) // 2, (SIDE - down) // 2
        input_1SSC = np.zeros((1, SIDE, SIDE, 3), np.float32)
        input_1SSC[0, top : top + down, left : left + across] = small / np.float32(127.5) - 1
        outputs = self.net(input_1SSC)
        values_A16 = next(v for v in outputs.values() if v.shape[-1] == 16)[0]
        logits_A = next(v for v in outputs.values() if v.shape[-1] == 1)[0, :, 0]
        scores_A = 1 / (1 + np.exp(-np.clip(logits_A, -60, 60)))
        kept_K = np.flatnonzero(scores_A > self.config.threshold)
        centres_K2 = _anchors()[kept_K]
        points_K72 = values_A16[kept_K].reshape(-1, 8, 2)
        sizes_K2 = points_K72[:, 1]
        middles_K2 = points_K72[:, 0] + centres_K2
        eyes_K22 = points_K72[:, 2:4] + centres_K2[:, None]
        offset = np.array([left, top], np.float32)
        middles_K2, eyes_K22 = (middles_K2 - offset) / scale, (eyes_K22 - offset) / scale
        half_K2 = sizes_K2 / (2 * scale)
        corners = [middles_K2 - half_K2, middles_K2 + half_K2]
        boxes_K4 = np.asarray(np.concatenate(corners, 1), np.float32)
        return self._distinct(boxes_K4, scores_A[kept_K].astype(np.float32), eyes_K22)

    def _distinct(self, boxes_K4: Floats, scores_K: Floats, eyes_K22: Floats) -> Detections:
        """One box for each face: the most confident of those that overlap."""
        import cv2

        corners = np.concatenate([boxes_K4[:, :2], boxes_K4[:, 2:] - boxes_K4[:, :2]], 1)
        chosen = cv2.dnn.NMSBoxes(
            corners.tolist(), scores_K.tolist(), self.config.threshold, self.config.overlap
        )
        order_N = np.asarray(chosen, np.int64).reshape(-1)
        return Detections(boxes_K4[order_N], scores_K[order_N], eyes_K22[order_N])


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return packaged.lacking(MODEL, "ai_edge_litert", "cv2")


def build(config: Config) -> FaceDetector:
    """A loaded detector."""
    missing = available(config)
    if missing is not None:
        raise UnavailableError(f"Faces cannot be found: {missing}.")
    return BlazeFace(load_net(packaged.read(MODEL), threads=config.threads), config)
