"""No detector: the picture is a face, as FER2013, RAF-DB and AffectNet hand out faces.

Every picture has one face, whose box is the whole picture; see `perception.face_crop`.
"""

# H height, W width, C colour, N faces

from dataclasses import dataclass

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.perception.face_crop import WHOLE_4
from affectlens.perception.observers import Detections, FaceDetector, Picture

_EYES_22 = np.array([[0.3, 0.4], [0.7, 0.4]], np.float32)  # as shares of the picture; usual


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """It has nothing to set."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Takes the word of whoever made the picture."""

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """The one face."""
        height, width = rgb_HWC.shape[:2]
        size_4 = np.array([width, height, width, height], np.float32)
        return Detections(
            (WHOLE_4 * size_4)[None], np.ones(1, np.float32), (_EYES_22 * size_4[:2])[None]
        )


def available(config: Config) -> Missing | None:
    """It runs everywhere."""
    del config
    return None


def build(config: Config) -> FaceDetector:
    """The detector."""
    del config
    return Whole()
