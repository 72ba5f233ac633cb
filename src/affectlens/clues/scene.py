"""Clues of the picture as a whole: light, colour, motion and cuts; never interpreted."""

from collections.abc import Callable

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import Phrasebook
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, merge
from affectlens.perception.percepts import Percepts, Shot

# From when on a picture is called so; shares of the full range, motion per second.
_DARK, _BRIGHT = 0.2, 0.7
_WARM, _COOL = 0.1, -0.08
_VIVID, _GREY = 0.55, 0.06
_MOVING, _STILL = 0.6, 0.03
_STRENGTH = 0.5

_KINDS: dict[str, tuple[str, Callable[[Shot], bool]]] = {
    "light.dark": ("brightness", lambda shot: shot.brightness <= _DARK),
    "light.bright": ("brightness", lambda shot: shot.brightness >= _BRIGHT),
    "color.warm": ("warmth", lambda shot: shot.warmth >= _WARM),
    "color.cool": ("warmth", lambda shot: shot.warmth <= _COOL),
    "color.vivid": ("saturation", lambda shot: shot.saturation >= _VIVID),
    "color.grey": ("saturation", lambda shot: shot.saturation <= _GREY),
    "motion.high": ("motion", lambda shot: shot.motion >= _MOVING),
    "motion.low": ("motion", lambda shot: shot.span.duration_s > 0 and shot.motion <= _STILL),
}


def scene_clues(percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """What stands out in the picture, without ids; neighbouring shots alike are told once."""
    if isinstance(percepts.shots, Missing) or not percepts.shots:
        return []
    clues = []
    for kind, (fact, holds) in _KINDS.items():
        alike = [shot for shot in percepts.shots if holds(shot)]
        for span in merge((shot.span for shot in alike), gap_s=0.1):
            inside = [shot for shot in alike if span.holds(shot.span.middle_s)]
            mean = sum(float(getattr(shot, fact)) for shot in inside) / len(inside)
            clues.append(_clue(kind, span, book.phrase(kind), {fact: mean}))
    return clues + _cuts(percepts.shots, book)


def _cuts(shots: tuple[Shot, ...], book: Phrasebook) -> list[Clue]:
    """How often the picture cuts."""
    span = Span(shots[0].span.start_s, shots[-1].span.end_s)
    if not span.duration_s:
        return []
    cuts = len(shots) - 1
    numbers = {"cuts": float(cuts), "rate_min": 60 * cuts / span.duration_s}
    kind = "cuts.some" if cuts else "cuts.none"
    return [_clue(kind, span, book.phrase(kind, numbers), numbers)]


def _clue(kind: str, span: Span, text: str, numbers: dict[str, float]) -> Clue:
    """A clue about nobody in particular."""
    return Clue("", "scene", kind, None, span, text, _STRENGTH, numbers)
