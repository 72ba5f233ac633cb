"""Google's Face Landmarker v2: 478 points and 52 blendshapes, run on LiteRT without MediaPipe.

MediaPipe's own wheel sends usage metrics; its nets alone do not. Crops as in MediaPipe's
`face_landmarks_detector_graph.cc`: a square 1.5 × the face, turned so that the eyes are level.
"""

# H height, W width, P 478 points, B points that the blendshape net takes

import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception import needs
from affectlens.perception.litert import Net, load_net
from affectlens.perception.observers import FaceMesh, Mesh, Picture
from affectlens.perception.percepts import Floats

SIDE = 256
MARGIN = 1.5  # side of the crop over the longer side of the face
EYE_CORNERS = (33, 263)  # outer; on the left and on the right of the picture

# The points that the blendshape net takes, in its order: MediaPipe's face_blendshapes_graph.cc.
BLENDSHAPE_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66,
    67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144,
    145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173,
    176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284,
    285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332,
    334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473,
    474, 475, 476, 477,
])  # fmt: skip

# Its outputs in their order, after ARKit's names.
BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
    "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
    "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
PACKAGES = ("ai_edge_litert", "cv2")
MODELS = ("face-landmarker",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the two nets are run."""

    threads: int = 1  # small nets get slower with more

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigError(f"google_mesh: threads is at least 1, got {self.threads}.")


@dataclass(frozen=True, slots=True)
class GoogleMesh:
    """The landmark net, then the blendshape net on its points."""

    landmarks: Net
    blendshapes: Net

    @property
    def blendshape_names(self) -> tuple[str, ...]:
        """ARKit's names, in the order of `Mesh.blendshapes`."""
        return BLENDSHAPES

    def from_detection(self, rgb_HWC: Picture, box_4: Floats, eyes_22: Floats) -> Mesh:
        """A face that was just detected."""
        middle = (box_4[:2] + box_4[2:]) / 2
        return self._fit(rgb_HWC, middle, float((box_4[2:] - box_4[:2]).max()), _tilt(eyes_22))

    def from_mesh(self, rgb_HWC: Picture, points_P3: Floats) -> Mesh:
        """A face that was here a moment ago."""
        angle = _tilt(points_P3[EYE_CORNERS, :2])
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        level_P2 = points_P3[:, :2] @ turn
        low, high = level_P2.min(0), level_P2.max(0)
        middle = np.asarray(turn @ ((low + high) / 2), np.float32)
        return self._fit(rgb_HWC, middle, float((high - low).max()), angle)

    def _fit(
        self, rgb_HWC: Picture, middle: NDArray[np.floating], size: float, angle: float
    ) -> Mesh:
        """Fit the mesh inside a turned square crop around a face of some size in pixels."""
        import cv2

        side = MARGIN * max(size, 1.0)
        zoom = SIDE / side
        cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
        x, y = float(middle[0]), float(middle[1])
        into_crop = np.array(
            [[cos, sin, SIDE / 2 - cos * x - sin * y], [-sin, cos, SIDE / 2 + sin * x - cos * y]]
        )
        crop = cv2.warpAffine(rgb_HWC, into_crop, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        outputs = self.landmarks(crop[None].astype(np.float32) / 255)
        presence = 1 / (1 + np.exp(-float(outputs["Identity_1"].item())))
        crop_P3 = outputs["Identity"].reshape(-1, 3)
        back = cv2.invertAffineTransform(into_crop)
        xy_P2 = crop_P3[:, :2] @ back[:, :2].T + back[:, 2]
        points_P3 = np.column_stack([xy_P2, crop_P3[:, 2] / zoom]).astype(np.float32)
        return Mesh(points_P3, presence, self._blendshapes_of(points_P3))

    def _blendshapes_of(self, points_P3: Floats) -> Floats:
        """The blendshapes of a mesh, clipped to 0–1."""
        points_1B2 = points_P3[None, BLENDSHAPE_POINTS, :2]
        (values,) = self.blendshapes(np.ascontiguousarray(points_1B2)).values()
        return np.clip(values.ravel(), 0, 1)


def _tilt(eyes_22: NDArray[np.float32]) -> float:
    """Angle in radians by which the line from one eye to the other falls to the right."""
    across, down = eyes_22[1] - eyes_22[0]
    return float(np.arctan2(down, across))


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> FaceMesh:
    """Both nets, loaded."""
    (file,) = needs.require(PACKAGES, MODELS)
    with zipfile.ZipFile(file) as bundle:
        landmarks = load_net(bundle.read("face_landmarks_detector.tflite"), threads=config.threads)
        blendshapes = load_net(bundle.read("face_blendshapes.tflite"), threads=config.threads)
    return GoogleMesh(landmarks, blendshapes)
