"""`Draft`: what the steps have found of one clip so far, handed from each to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from affectlens.annotation.annotation import NOT_MADE, Check, Fingerprint, Made, Peak
from affectlens.annotation.item import Item
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Analysis, Claim


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What perception and the line's reasoner gave."""

    key: str  # SHA-256 in hex of all that decided it: content, settings, models, words
    sha256: str  # of the file
    percepts: Percepts
    analysis: Analysis
    frames: int | Missing
    clip: Callable[[], Clip]  # opens the file when it is first asked for
    fingerprint: Fingerprint | Missing = NOT_MADE


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Draft:
    """One clip on its way; `dataclasses.replace` adds what a step found."""

    item: Item
    seen: Seen
    person: str | Missing = NOT_MADE
    peak: Peak | Missing = NOT_MADE
    units: tuple[str, ...] | Missing = NOT_MADE
    label: str | Missing = NOT_MADE
    labels: tuple[str, ...] | Missing = NOT_MADE
    read: str | Missing = NOT_MADE
    face: str | Missing = NOT_MADE
    objective: str | Missing = NOT_MADE
    tone: str | Missing = NOT_MADE
    subtitle: str | Missing = NOT_MADE
    coarse: str | Missing = NOT_MADE
    fine: str | Missing = NOT_MADE
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)  # by field of `Annotation`
