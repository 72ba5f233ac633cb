"""Pictures and videos with faces for tests: frames of the sample clips, which ship with us."""

# H height, W width, P points

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.house.tree import ROOT

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip, Frame
from affectlens.media.opening import open_clip
from affectlens.perception.faces import Faces, observe_faces
from affectlens.perception.percepts import FaceTrack
from affectlens.perception.settings import FaceSettings

Picture = NDArray[np.uint8]
RATE_HZ = 12.5
NOTHING = Missing("not part of this test")


@dataclass(frozen=True)
class Pictures:
    """Pictures as the video of a clip."""

    pictures: Sequence[Picture]
    still: bool = False
    rate_hz: float = RATE_HZ

    @property
    def width(self) -> int:
        return int(self.pictures[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.pictures[0].shape[0])

    def frames(
        self, *, rate_hz: float | None = None, max_side: int | None = None, span: Span | None = None
    ) -> Iterator[Frame]:
        for index, rgb_HWC in enumerate(self.pictures):
            yield Frame(index / RATE_HZ, rgb_HWC)

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        return [Frame(time_s, self.pictures[round(time_s * RATE_HZ)]) for time_s in times_s]


def seen(pictures: Sequence[Picture], *, still: bool = False) -> Faces:
    """What perception makes of these pictures."""
    video = Pictures(pictures, still)
    clip = Clip("test", Path("test"), "", len(pictures) / RATE_HZ, video, NOTHING, NOTHING)
    return observe_faces(clip, FaceSettings())


def tracks(pictures: Sequence[Picture], *, still: bool = False) -> tuple[FaceTrack, ...]:
    """The faces in these pictures; none when there are none."""
    found = seen(pictures, still=still).tracks
    return () if isinstance(found, Missing) else found


@cache
def actor(emotion: str) -> tuple[Picture, ...]:
    """The frames of one sample clip, 320 × 240 at 12.5 Hz."""
    clip = open_clip(ROOT / "examples" / "clips" / f"1001_DFA_{emotion}_XX.mp4")
    assert not isinstance(clip.video, Missing)
    return tuple(
        np.asarray(cv2.resize(frame.rgb_HWC, (320, 240)), np.uint8)
        for frame in clip.video.frames(rate_hz=RATE_HZ)
    )


def somebody_else(picture: Picture) -> Picture:
    """The actor in other clothes with thick brows and a beard: as unlike as another person."""
    shade_HW = np.ones(picture.shape[:2], np.float32)
    for place, size in (((145, 118), (24, 22)), ((134, 86), (9, 3)), ((156, 86), (9, 3))):
        cv2.ellipse(shade_HW, place, size, 0, 0, 360, 0.25, -1)
    shaded = picture * cv2.GaussianBlur(shade_HW, (0, 0), 2)[..., None]
    return np.ascontiguousarray(shaded.astype(np.uint8)[..., [0, 2, 1]])


def held(picture: Picture, count: int = 25, seed: int = 0) -> list[Picture]:
    """One picture as a video, with the noise and the tremble of a camera."""
    random = np.random.default_rng(seed)
    shown = []
    for _ in range(count):
        x, y = random.normal(0, 0.5, 2)
        shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved = cv2.warpAffine(picture, shift, picture.shape[1::-1], borderMode=1)
        noisy = np.clip(moved + random.normal(0, 2, moved.shape), 0, 255)
        shown.append(noisy.astype(np.uint8))
    return shown


def noise(height: int = 240, width: int = 320, seed: int = 0) -> Picture:
    """A picture of nothing."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def landscape(height: int = 240, width: int = 320, seed: int = 0) -> Picture:
    """Soft shapes under a sky."""
    random = np.random.default_rng(seed)
    picture = np.linspace(220, 60, height)[:, None, None] * np.ones((1, width, 3))
    for octave in range(2, 7):
        coarse = random.normal(size=(2**octave, 2**octave, 3)) * 300 * 0.57**octave
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)
