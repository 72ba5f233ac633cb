"""How a voice sounds, told of its clues as a phrase: "louder than usual, with a rising pitch"."""

from collections.abc import Sequence

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import phrasebook

_ADJECTIVES = {
    "loudness.high": "louder than usual",
    "loudness.low": "quieter than usual",
    "pitch.high": "higher in pitch than usual",
    "pitch.low": "lower in pitch than usual",
    "rate.fast": "fast",
    "rate.slow": "slow",
}
_NOUNS = {
    "pitch.rising": "a rising pitch",
    "pitch.falling": "a falling pitch",
    "pitch.wide": "a lively melody",
    "pitch.flat": "a flat melody",
    "brightness.high": "a sharp tone",
    "brightness.low": "a soft voice colour",
}
EVEN = "even"
_EVENT = "event."


def sounding(clues: Sequence[Clue]) -> str:
    """To stand after "the voice is"; "even" where nothing in its sound stands out."""
    join = phrasebook().join
    kinds = list(dict.fromkeys(clue.kind for clue in clues))
    sounds = [_ADJECTIVES[kind] for kind in kinds if kind in _ADJECTIVES]
    parts = [_NOUNS[kind] for kind in kinds if kind in _NOUNS]
    parts += [kind.removeprefix(_EVENT).replace("_", " ") for kind in kinds if _event(kind)]
    if not parts:
        return join(sounds) or EVEN
    told = f"with {join(parts)}"
    return f"{join(sounds)}, {told}" if sounds else f"marked by {join(parts)}"


def tells(clue: Clue) -> bool:
    """Whether a clue is of how a voice sounds."""
    return clue.kind in _ADJECTIVES or clue.kind in _NOUNS or _event(clue.kind)


def _event(kind: str) -> bool:
    return kind.startswith(_EVENT)
