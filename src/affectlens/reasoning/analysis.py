"""`Analysis`: the answer for one input; the same nouns and the same JSON at every door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from affectlens.clues.clue import Clue, Modality
from affectlens.foundation.timeline import Span

SCHEMA = "affectlens.analysis/1"

# "unchecked": it asserts nothing that a clue could confirm or deny, such as that nobody was seen.
ClaimStatus = Literal["supported", "unsupported", "unchecked"]


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What was analyzed."""

    path: str
    sha256: str
    duration_s: float
    width: int | None
    height: int | None
    rate_hz: float | None
    streams: Mapping[str, bool]  # video, sound, subtitles


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two modalities of one person that speak for different labels."""

    span: Span
    modalities: tuple[Modality, Modality]
    labels: tuple[str, str]
    clues: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One person in one window of time."""

    span: Span
    label: str | None  # None: the analysis abstains
    probabilities: Mapping[
        str, float
    ]  # every label of the space, sum 1; uniform-ish when there is no evidence
    confidence: float  # 0–1
    modalities: Mapping[str, Mapping[str, float]]  # what each modality alone would say
    clues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionUnitSummary:
    """One action unit of one person; `series` follows the person's `track.times_s`."""

    trust: str
    mean: float
    peak: float
    peak_time_s: float
    series: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """Where a person's face was, for overlays and redaction; at most 10 moments per second."""

    times_s: tuple[float, ...]
    boxes: tuple[
        tuple[float, float, float, float], ...
    ]  # left, top, right, bottom as shares of the picture
    presence: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """What one person expresses."""

    id: str
    label: str | None
    probabilities: Mapping[str, float]
    confidence: float
    open_vocabulary: tuple[str, ...]
    valence: float | None  # -1 – 1
    arousal: float | None  # -1 – 1
    peak_time_s: float | None  # the peak frame of the face
    speaking_s: float
    track: Track | None
    segments: tuple[Segment, ...]
    conflicts: tuple[Conflict, ...]
    action_units: Mapping[str, ActionUnitSummary | str]  # a string is the reason why it is missing


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an explanation and the clues that it rests on."""

    text: str
    modality: Modality
    person: str | None
    span: Span
    clues: tuple[str, ...]
    status: ClaimStatus


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why, in words; `text` is made of the claims that are not unsupported."""

    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that was not measured, and why."""

    what: str  # "video", "faces", "P1.AU09", "words" …
    why: str


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the transcript."""

    span: Span
    person: str | None
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Run:
    """What made the analysis."""

    version: str
    model: str
    label_space: str
    settings_sha256: str
    packages: Mapping[str, str]
    weights: Mapping[str, str]  # name → sha256
    timings_s: Mapping[str, float]  # stage → seconds


@dataclass(frozen=True, slots=True)
class Analysis:
    """One object per input. See `affectlens schema` for the JSON Schema."""

    input: InputFacts
    people: tuple[Person, ...]
    explanation: Explanation
    clues: tuple[Clue, ...]
    transcript: tuple[Said, ...]
    language: str | None
    missing: tuple[Absence, ...]
    warnings: tuple[str, ...]
    run: Run
    schema: str = field(default=SCHEMA)
