"""Clips and percepts made of numbers, for tests of what encoders are shown."""

# T moments of one track, H height, W width, C colours

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Frame, Sound, Video
from affectlens.media.sound import SpooledSound
from affectlens.perception.percepts import ActionUnit, FaceTrack, Percepts

NOTHING = Missing("not part of this test")


@dataclass(frozen=True)
class Film:
    """Pictures in memory as a video; frame n is shown from n/rate_hz on."""

    pictures: Sequence[NDArray[np.uint8]]
    rate_hz: float = 10.0
    still: bool = False

    @property
    def width(self) -> int:
        return int(self.pictures[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.pictures[0].shape[0])

    def frames(
        self, *, rate_hz: float | None = None, max_side: int | None = None, span: Span | None = None
    ) -> Iterator[Frame]:
        yield from (Frame(self._time_s(n), rgb) for n, rgb in enumerate(self.pictures))

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        numbers = [min(int(t * self.rate_hz + 1e-6), len(self.pictures) - 1) for t in times_s]
        return [Frame(self._time_s(n), self.pictures[n]) for n in numbers]

    def _time_s(self, number: int) -> float:
        return 0.0 if self.still else number / self.rate_hz


def film(count: int, *, height: int = 12, width: int = 16) -> Film:
    """Random pictures."""
    rng = np.random.default_rng(count)
    return Film(list(rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)))


def sound(length_s: float) -> SpooledSound:
    """A rising tone."""
    samples = round(length_s * SOUND_RATE_HZ)
    spool = SpooledSound()
    spool.append(np.sin(np.linspace(0, 9, samples) ** 4).astype(np.float32))
    return spool


def clip(
    video: Video | Missing = NOTHING, heard: Sound | Missing = NOTHING, *, sha256: str = "0a"
) -> Clip:
    """A clip of these; a film of n pictures lasts n/10 s."""
    seen_s = len(video.pictures) / 10 if isinstance(video, Film) else 0.0
    heard_s = 0.0 if isinstance(heard, Missing) else heard.duration_s
    length_s = max(seen_s, heard_s)
    return Clip("made.mp4", Path("made.mp4"), sha256, length_s, video, heard, NOTHING)


def track(person: str, peak: int, *, count: int = 40, size: float = 0.2) -> FaceTrack:
    """A face at ten moments a second that moves to the right, strongest at one of them."""
    left_T = np.linspace(0, 0.5, count, dtype=np.float32)
    strong_T = np.zeros(count, np.float32)
    strong_T[peak] = 3
    strong_T[-1] = 1
    return FaceTrack(
        person=person,
        times_T=np.arange(count) / 10,
        boxes_T4=np.stack([left_T, left_T * 0, left_T + size, left_T * 0 + size], axis=1),
        confidence_T=np.ones(count, np.float32),
        pose_T3=NOTHING,
        mouth_open_T=NOTHING,
        blendshapes={},
        action_units={"AU12": ActionUnit(strong_T, "good"), "AU04": NOTHING},
        expression=NOTHING,
    )


def percepts(*tracks: FaceTrack) -> Percepts:
    """Percepts of faces alone."""
    faces = tracks or Missing("no face was seen")
    return Percepts(faces, NOTHING, NOTHING, NOTHING, {}, NOTHING, NOTHING, NOTHING)
