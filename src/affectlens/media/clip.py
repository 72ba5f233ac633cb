"""`Clip`: one file as frames at times, mono 16 kHz sound and subtitles, all on one clock.

Nothing of a clip is held whole: frames are decoded anew each time they are asked for, sound is
read by span.
"""

# H height, W width, S samples

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span

SOUND_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, upright, as the viewer sees it."""

    time_s: float
    rgb_HWC: NDArray[np.uint8]


class Video(Protocol):
    """The pictures of a clip; a still image is a video of one frame at 0.0 s."""

    @property
    def width(self) -> int:
        """Pixels across, as shown: rotation and the shape of pixels applied."""

    @property
    def height(self) -> int:
        """Pixels down, as shown: rotation applied."""

    @property
    def rate_hz(self) -> float:
        """Mean frames per second of the file; 0.0 for a still image."""

    @property
    def still(self) -> bool:
        """Whether it is a single picture."""

    def frames(
        self, *, rate_hz: float | None = None, max_side: int | None = None, span: Span | None = None
    ) -> Iterator[Frame]:
        """Frames in order of time, with their real timestamps, decoded in a child process.

        `rate_hz` thins them out (None: every frame of the file), `max_side` caps the longer side in
        pixels (never enlarges), `span` limits the time. Closing the iterator ends the child.

        Raises:
            InputError: not one frame could be decoded.
            LimitError: a cap was reached.
        """

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        """The frames shown at these moments, in the order asked for."""


class Sound(Protocol):
    """Mono sound at 16 kHz, float32 in -1.0 … 1.0."""

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""

    def read(self, span: Span | None = None) -> NDArray[np.float32]:
        """Samples of a span (None: all), shape (S,); what lies outside the sound is left out."""

    def blocks(self, length_s: float) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """Start second and samples of one block after the other; the last may be shorter."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: when it shows and what it says, markup removed."""

    span: Span
    text: str
    words: tuple[tuple[Span, str], ...] = ()  # where the file times them; see `timed_words`


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A file, opened. An absent stream is `Missing` with its reason."""

    name: str
    path: Path
    sha256: str
    duration_s: float
    video: Video | Missing
    sound: Sound | Missing
    subtitles: tuple[Cue, ...] | Missing
    warnings: tuple[str, ...] = ()
