"""`View`: which part of a clip an encoder is shown, and how that part is handed over.

`planning.plan` turns a view into a `Plan` (numbers only: cheap, and a key for the store of
features), `showing.show` decodes what the plan names, `measuring.measures` looks up what of it was
measured.
"""

# T pictures or moments, H height, W width, N segments, S samples, K columns

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import ConfigError

Of = Literal["peak_frame", "first_frame", "middle_frame", "frames", "faces", "sound", "measures"]
Kind = Literal["pictures", "sound", "measures"]
Sampling = Literal["spread", "linspace", "merr", "run"]
OF_FACES = ("faces", "peak_frame", "measures")  # views that hang on where a face is


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What is shown; `of` "frames" are whole pictures, "faces" aligned crops of one person.

    "measures" is all that was measured of that person's face, without pictures.

    `sampling` of `count` pictures among n: "spread" is floor(i·n/count), "linspace" includes the
    last, "merr" takes two at random from each of count/2 equal segments (Emotion-LLaMA, author's
    answer #5; the draw is fixed by the clip's content and `seed`), "run" is `count` pictures in
    succession from the middle. `count` and `segment_s` of "sound": None is the whole sound, else
    `count` segments of that length, the i-th from i·max(duration − segment_s, 0)/count (AffectGPT).
    """

    of: Of
    count: int = 1
    sampling: Sampling = "spread"
    segment_s: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.of not in get_args(Of):
            raise ConfigError(f"A view is of {', '.join(get_args(Of))}; got {self.of!r}.")
        if self.sampling not in get_args(Sampling):
            known = ", ".join(get_args(Sampling))
            raise ConfigError(f"Sampling is one of {known}; got {self.sampling!r}.")
        if self.count < 1:
            raise ConfigError(f"A view has at least one picture or segment; got {self.count}.")
        if self.segment_s is not None and self.segment_s <= 0:
            raise ConfigError(f"A segment is longer than 0 s; got {self.segment_s}.")

    @property
    def kind(self) -> Kind:
        """What an encoder has to take that is shown it."""
        return self.of if self.of in ("sound", "measures") else "pictures"


@dataclass(frozen=True, slots=True)
class Plan:
    """A view of one clip, settled: the moments, and for faces where the face is."""

    of: Of
    times_s: tuple[float, ...]  # of pictures; the starts of segments of sound
    boxes: tuple[tuple[float, float, float, float], ...] = ()  # of faces, shares of the picture
    length_s: float | None = None  # of each segment of sound; None: until the end


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Whole frames, or aligned faces 224 pixels wide."""

    rgb_THWC: NDArray[np.uint8]
    times_T: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Mono sound at 16 kHz, -1 … 1, as segments; only the last may be shorter than the others."""

    samples_NS: tuple[NDArray[np.float32], ...]
    times_N: NDArray[np.float64]  # their starts


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What was measured of one face, in the columns of `measuring.PARTS`; never NaN."""

    values_TK: NDArray[np.float32]  # 0 where it was not measured
    present_TK: NDArray[np.bool_]  # where it was
    times_T: NDArray[np.float64]


Shown = Pictures | Waves | Measures
