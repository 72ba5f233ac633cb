"""The weights of evidence of the rule baseline, read from `weights.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

Scores = Mapping[str, float]  # label → nats


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceWeights:
    """How a face counts."""

    rest: float
    floor: float
    full: float
    strongest: float
    grimace: float
    glimpse_s: float
    while_speaking: float
    speech_units: tuple[str, ...]
    mouth: tuple[str, ...]
    expression: float
    expression_floor: float
    units: Mapping[str, Scores]


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberWeights:
    """How one number of a voice counts."""

    full: float
    high: str
    low: str
    says: Scores
    usual: float | None = None
    alone: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceWeights:
    """How a voice counts."""

    calm: float
    sound: float
    numbers: Mapping[str, NumberWeights]
    events: Mapping[str, Scores]


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsWeights:
    """How words count."""

    weight: float
    neutral: float
    floor: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictWeights:
    """When two modalities contradict each other."""

    sure: float
    valence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """All of them."""

    fold: Mapping[str, Scores]
    temperature: float
    emphasis: float
    modalities: Mapping[str, float]
    trust: Mapping[str, float]
    face: FaceWeights
    voice: VoiceWeights
    words: WordsWeights
    conflict: ConflictWeights


@cache
def weights() -> Weights:
    """The weights that ship with the package."""
    place = resources.files("affectlens.reasoning").joinpath("weights.toml")
    return parse(place.read_text("utf-8"))


def parse(text: str) -> Weights:
    """Weights from TOML; an unknown or absent key is an error."""
    data = tomllib.loads(text)
    face, voice, pool = data["face"], data["voice"], data["pool"]
    return Weights(
        fold=data["fold"],
        temperature=pool["temperature"],
        emphasis=pool["emphasis"],
        modalities=data["modalities"],
        trust=data["trust"],
        face=FaceWeights(
            **{**face, **{name: tuple(face[name]) for name in ("speech_units", "mouth")}}
        ),
        voice=VoiceWeights(
            **{**voice, "numbers": {n: NumberWeights(**row) for n, row in voice["numbers"].items()}}
        ),
        words=WordsWeights(**data["words"]),
        conflict=ConflictWeights(**data["conflict"]),
    )
