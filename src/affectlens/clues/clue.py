"""`Clue`: a measurement said plainly, with everything needed to check it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from affectlens.foundation.timeline import Span

Modality = Literal["face", "voice", "words", "scene"]


@dataclass(frozen=True, slots=True)
class Clue:
    """One observation. It says what was seen or heard, not what it means."""

    id: str  # "c1", "c2" … in order of time, then modality
    modality: Modality
    # What it is about: "AU12", "expression.happy", "pitch.high", "event.laughter", "tone.sad" …
    kind: str
    person: str | None  # None: about the scene, or nobody in particular
    span: Span
    text: str  # a plain phrase: "lip corners pulled up (AU12)"
    strength: float  # 0–1: how clear the observation is, trust included
    numbers: Mapping[str, float]  # the measured values behind it, with their units in the names
