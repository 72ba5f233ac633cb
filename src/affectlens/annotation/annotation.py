"""`Annotation`: what is known of one clip of a data set, and where each piece came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from affectlens.clues.clue import Clue
from affectlens.foundation.missing import Missing
from affectlens.reasoning.analysis import Claim

SCHEMA = "affectlens.annotation/1"
NOT_MADE = Missing("not made")

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file that was annotated."""

    path: str  # the file's name; of an import, what it called the clip
    sha256: str | Missing
    duration_s: float | Missing
    frames: int | Missing  # pictures in the file; 1 of a still image
    width: int | Missing
    height: int | Missing
    rate_hz: float | Missing  # pictures per second; 0.0 of a still image
    streams: Mapping[str, bool]  # video, sound, subtitles
    speaker: str | Missing
    origin: str | Missing  # what it was cut from: a film, an episode, a session
    corpus: str | None
    licence: str  # empty: nobody said
    columns: Mapping[str, str]  # whatever else was told of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Files of the data set, by their paths below its folder, with forward slashes."""

    video: str | None = None
    sound: str | None = None  # of a video: its sound alone, where that was asked for
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The peak frame of the main person (Emotion-LLaMA, Algorithm 1)."""

    person: str
    time_s: float
    frame: int  # counted from 0 in the file
    method: str
    box: Box | None  # where the face is
    action_units: Mapping[str, float]  # intensity 0–5 of every unit that was measured
    active: tuple[str, ...]  # units that are present there, by the recipe's threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that the annotation had to stand up to."""

    name: str
    passed: bool
    score: float | Missing  # 0–1; Missing where there was nothing to check
    detail: str  # a sentence for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Who made a field."""

    step: str
    by: str  # the describer's identity, or the rule's name and version
    key: str  # SHA-256 in hex of all that it was made of; empty where it was told, not made


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What the clip looks and sounds like, in bits: near-duplicates have near ones."""

    pictures: tuple[str, ...] | Missing  # hex of 64 bits for each of a few moments
    sound: str | Missing  # hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One clip; `rejected` tells why it is not in the data set, and is empty where it is."""

    id: str
    source: Source
    media: Media = field(default_factory=Media)
    split: str | Missing = NOT_MADE
    label: str | Missing = NOT_MADE  # of the recipe's label space
    given: str | Missing = NOT_MADE  # the label that people gave it beforehand
    read: str | Missing = NOT_MADE  # the label that the analysis gave it
    labels: tuple[str, ...] | Missing = NOT_MADE  # open-vocabulary
    valence: float | Missing = NOT_MADE
    arousal: float | Missing = NOT_MADE
    person: str | Missing = NOT_MADE  # whom all this is of
    peak: Peak | Missing = NOT_MADE
    units: tuple[str, ...] | Missing = NOT_MADE  # action units present anywhere in the clip
    face: str | Missing = NOT_MADE  # visual expression description, C_ved
    objective: str | Missing = NOT_MADE  # visual objective description, C_vod
    tone: str | Missing = NOT_MADE  # audio tone description, C_atd
    subtitle: str | Missing = NOT_MADE  # lexical subtitle, C_ls
    coarse: str | Missing = NOT_MADE  # the coarse caption
    fine: str | Missing = NOT_MADE  # the fine description, C_md
    claims: tuple[Claim, ...] = ()  # sentences of the fine description, checked
    clues: tuple[Clue, ...] = ()
    checks: tuple[Check, ...] = ()
    score: float | Missing = NOT_MADE  # 0–1, mean of the checks that could be made
    rejected: tuple[str, ...] = ()
    provenance: Mapping[str, Made] = field(default_factory=dict)  # by field
    fingerprint: Fingerprint | Missing = NOT_MADE
    recipe_sha256: str = ""  # empty: an import
