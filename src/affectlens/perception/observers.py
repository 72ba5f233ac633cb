"""The interfaces that backends offer.

A backend is one file in `perception/backends/` with
- `Config`: a frozen, keyword-only dataclass of what can be set, all with defaults;
- `MODELS`: the names of its models in the manifest of weights, where it has any;
- `available(config) -> Missing | None`: None when it can run here, else why not and what
  to do; loads nothing heavy;
- `build(config)`: the loaded thing, one of the interfaces below, which several threads may call at
  once; raises UnavailableError when it is not available.
"""

# H height, W width, N faces, L labels, S samples, K sentences, P 478 points

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Floats, SoundEvent, Transcript

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Faces found in one picture, most confident first, in pixels."""

    boxes_N4: Floats  # left, top, right, bottom
    scores_N: Floats  # 0–1
    eyes_N22: Floats  # (x, y) of the eye on the left of the picture, then of the other


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One face in detail."""

    points_P3: Floats  # x, y in pixels of the picture, z in the same unit, smaller is nearer
    presence: float  # 0–1, that there is a face at all
    blendshapes: Floats  # 52, in the order of the backend's `blendshape_names`


class FaceDetector(Protocol):
    """Finds faces."""

    def __call__(self, rgb_HWC: Picture) -> Detections:
        """Every face of a picture."""


class FaceMesh(Protocol):
    """Fits a mesh of 478 points to one face."""

    @property
    def blendshape_names(self) -> tuple[str, ...]:
        """ARKit's names, in the order of `Mesh.blendshapes`."""

    def from_detection(self, rgb_HWC: Picture, box_4: Floats, eyes_22: Floats) -> Mesh:
        """A face that was just detected."""

    def from_mesh(self, rgb_HWC: Picture, points_P3: Floats) -> Mesh:
        """A face that was here a moment ago."""


class ExpressionNet(Protocol):
    """Says which of a few expressions a face shows."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the project's words."""

    def __call__(self, rgb_HWC: Picture, box_4: Floats) -> Floats:
        """Probabilities (L,) for the face in a box; the backend crops as its net was trained."""


class VoiceActivity(Protocol):
    """Finds speech."""

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans with speech in 16 kHz mono sound, seconds from its start."""


class EventNet(Protocol):
    """Names sounds."""

    def __call__(self, samples_S: Floats) -> list[SoundEvent]:
        """What is heard in 16 kHz mono sound, seconds from its start."""


class Transcriber(Protocol):
    """Writes down speech."""

    def __call__(
        self, samples_S: Floats, speech: Sequence[Span], language: str | None
    ) -> Transcript:
        """What is said inside the spans of 16 kHz mono sound; no person is named."""


class TextNet(Protocol):
    """Says which emotion words alone suggest."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the project's words."""

    def __call__(self, sentences: Sequence[str]) -> Floats:
        """Probabilities (K, L), one row for each sentence."""
