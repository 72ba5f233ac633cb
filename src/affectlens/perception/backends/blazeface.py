"""Face boxes by BlazeFace, Google's detector (Bazarevsky et al., arXiv:1907.05047), in two looks.

The full-range net finds the faces of a room and misses some that fill the picture; the short-range
net, made for selfies, finds those.
"""

# H height, W width, S side of a net's input, A anchors, K kept, N faces

import zipfile
from dataclasses import dataclass

import numpy as np

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception import needs
from affectlens.perception.litert import Net, load_net
from affectlens.perception.observers import Detections, FaceDetector, Picture
from affectlens.perception.percepts import Floats

SHORT_RANGE = "face_detector.tflite"  # inside the landmarker's zip
PACKAGES = ("ai_edge_litert", "cv2")
MODELS = ("face-detector", "face-landmarker")  # in the manifest of weights
THRESHOLD = 0.5  # as in MediaPipe
OVERLAP = 0.3  # boxes that share more than this (IoU) are one face


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the nets are run."""

    threads: int = 1  # small nets get slower with more

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigError(f"blazeface: threads is at least 1, got {self.threads}.")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One net and the centres of its anchors in pixels of its input."""

    net: Net
    side: int
    centres_A2: Floats

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """All that the net finds in a picture, letterboxed to a square; overlaps are kept."""
        import cv2

        height, width = rgb_HWC.shape[:2]
        scale = self.side / max(height, width)
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(rgb_HWC, (across, down), interpolation=cv2.INTER_AREA)
        left, top = (self.side - across) // 2, (self.side - down) // 2
        input_1SSC = np.zeros((1, self.side, self.side, 3), np.float32)
        input_1SSC[0, top : top + down, left : left + across] = small / np.float32(127.5) - 1
        outputs = self.net(input_1SSC)
        values_A16 = next(v for v in outputs.values() if v.shape[-1] == 16)[0]
        logits_A = next(v for v in outputs.values() if v.shape[-1] == 1)[0, :, 0]
        scores_A = 1 / (1 + np.exp(-np.clip(logits_A, -60, 60)))
        kept_K = np.flatnonzero(scores_A > THRESHOLD)
        centres_K2 = self.centres_A2[kept_K] - np.array([left, top], np.float32)
        points_K82 = values_A16[kept_K].reshape(-1, 8, 2)  # middle, size, two eyes, four others
        middles_K2 = points_K82[:, 0] + centres_K2
        half_K2 = points_K82[:, 1] / 2
        boxes_K4 = np.concatenate([middles_K2 - half_K2, middles_K2 + half_K2], 1) / scale
        eyes_K22 = (points_K82[:, 2:4] + centres_K2[:, None]) / scale
        return Detections(
            np.asarray(boxes_K4, np.float32),
            np.asarray(scores_A[kept_K], np.float32),
            np.asarray(eyes_K22, np.float32),
        )


@dataclass(frozen=True, slots=True)
class BlazeFace:
    """Both looks at the whole picture."""

    looks: tuple[Look, ...]

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """Every face of a picture: one box each, the most confident of those that overlap."""
        import cv2

        found = [look(rgb_HWC) for look in self.looks]
        boxes_K4 = np.concatenate([one.boxes_N4 for one in found])
        scores_K = np.concatenate([one.scores_N for one in found])
        eyes_K22 = np.concatenate([one.eyes_N22 for one in found])
        corners_K4 = np.concatenate([boxes_K4[:, :2], boxes_K4[:, 2:] - boxes_K4[:, :2]], 1)
        chosen = cv2.dnn.NMSBoxes(corners_K4.tolist(), scores_K.tolist(), THRESHOLD, OVERLAP)
        order_N = np.asarray(chosen, np.int64).reshape(-1)
        return Detections(boxes_K4[order_N], scores_K[order_N], eyes_K22[order_N])


def anchors(side: int, cells: tuple[tuple[int, int], ...]) -> Floats:
    """Centres of anchors (A, 2); `cells` are (stride in pixels, anchors in each cell)."""
    layers: list[Floats] = []
    for stride, count in cells:
        ys, xs = np.mgrid[0 : side // stride, 0 : side // stride]
        centres = (np.stack([xs, ys], -1).reshape(-1, 2) + 0.5) * stride
        layers.append(np.repeat(centres, count, 0).astype(np.float32))
    return np.concatenate(layers)


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> FaceDetector:
    """A loaded detector."""
    full_range, bundle = needs.require(PACKAGES, MODELS)
    with zipfile.ZipFile(bundle) as files:
        short = load_net(files.read(SHORT_RANGE), threads=config.threads)
    full = load_net(full_range.read_bytes(), threads=config.threads)
    looks = (
        Look(full, 192, anchors(192, ((4, 1),))),
        Look(short, 128, anchors(128, ((8, 2), (16, 6)))),
    )
    return BlazeFace(looks)
