"""`Percepts`: what was measured in a clip, each with time and confidence. Nothing is interpreted.

Times are seconds from the clip's start. What could not be measured is `Missing`, never zeros.
"""

# T moments of one track, E moments of the expression net, V moments of the voice

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span

Floats = NDArray[np.float32]
Trust = Literal["good", "fair", "low"]

# The 17 action units whose intensity OpenFace 2 gives (its columns AU01_r … AU45_r).
ACTION_UNITS = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU12",
    "AU14", "AU15", "AU17", "AU20", "AU23", "AU25", "AU26", "AU45",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ActionUnit:
    """Intensity of one facial action over the moments of its track, on FACS's scale 0–5."""

    intensity_T: Floats
    trust: Trust


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """What the expression net gives for aligned crops: a weak, FER2013-grade opinion."""

    labels: tuple[str, ...]
    times_E: NDArray[np.float64]
    probabilities_EL: Floats  # L labels, rows sum to 1


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """One person's face through the clip; gaps between moments are moments without a face."""

    person: str  # "P1", "P2" … in order of appearance
    times_T: NDArray[np.float64]
    boxes_T4: Floats  # left, top, right, bottom as shares of the picture's width and height
    confidence_T: Floats  # 0–1, that this is a face
    pose_T3: (
        Floats | Missing
    )  # pitch (up +), yaw (to the viewer's right +), roll (clockwise +), degrees
    mouth_open_T: Floats | Missing  # inner-lip gap over the distance of the eyes' outer corners
    blendshapes: Mapping[
        str, Floats
    ]  # ARKit names, each (T,), 0–1; empty when imported from elsewhere
    action_units: Mapping[str, ActionUnit | Missing]  # every name of ACTION_UNITS
    expression: Expression | Missing


@dataclass(frozen=True, slots=True)
class Shot:
    """Plain facts of the picture between two cuts."""

    span: Span
    brightness: float  # mean luma, 0 black – 1 white
    contrast: float  # standard deviation of luma, 0–0.5
    warmth: float  # mean red minus mean blue, -1 – 1
    saturation: float  # mean HSV saturation, 0–1
    motion: float  # mean absolute change of luma per second


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """Pitch and loudness over time."""

    times_V: NDArray[np.float64]
    pitch_hz_V: Floats  # NaN where unvoiced
    loudness_db_V: Floats  # dB relative to full scale


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech between pauses and how it sounds; None where a number was not had."""

    span: Span
    person: str | Missing  # a face's id, "V1" for a voice without a face, or why it is not known
    pitch_hz: float | None  # median
    pitch_range_st: float | None  # 10th to 90th percentile, semitones
    pitch_slope_st_s: float | None  # semitones per second over the utterance
    loudness_db: float | None  # mean over voiced moments
    loudness_range_db: float | None  # 10th to 90th percentile
    rate_hz: float | None  # syllable nuclei per second
    brightness_db: float | None  # energy above 1 kHz over energy below ("alpha ratio" of eGeMAPS)
    pause_before_s: float | None  # None for the first


@dataclass(frozen=True, slots=True)
class Baseline:
    """A voice's own resting values: the median over a person's utterances."""

    pitch_hz: float | None
    pitch_range_st: float | None
    loudness_db: float | None
    rate_hz: float | None
    brightness_db: float | None
    utterances: int


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """Something heard that is not words: laughter, crying, scream, sigh, music and the like."""

    span: Span
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word when it is said."""

    span: Span
    text: str
    confidence: float  # 1.0 for subtitles


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words said in one go."""

    span: Span
    text: str
    words: tuple[Word, ...]
    person: str | Missing
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said; `source` is "speech" (ASR) or "subtitles"."""

    sentences: tuple[Sentence, ...]
    language: str | None  # ISO 639-1
    language_confidence: float | None
    source: Literal["speech", "subtitles"]


@dataclass(frozen=True, slots=True)
class TextTone:
    """What the text net gives for one sentence's words alone; label → probability."""

    span: Span
    person: str | Missing
    text: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Percepts:
    """Everything measured in one clip."""

    faces: tuple[FaceTrack, ...] | Missing
    shots: tuple[Shot, ...] | Missing
    voice: Voice | Missing
    utterances: tuple[Utterance, ...] | Missing
    baselines: Mapping[str, Baseline]  # by person; empty when there is no voice
    events: tuple[SoundEvent, ...] | Missing
    transcript: Transcript | Missing
    tone: tuple[TextTone, ...] | Missing
    warnings: tuple[str, ...] = ()

    @staticmethod
    def unmeasured(why: Missing) -> "Percepts":
        """Nothing was measured, all for the same reason."""
        return Percepts(
            faces=why,
            shots=why,
            voice=why,
            utterances=why,
            baselines={},
            events=why,
            transcript=why,
            tone=why,
        )
