"""How much a clue speaks for a label, and which clues of a window are worth telling."""

from collections.abc import Sequence

from affectlens.clues.clue import Clue
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.timeline import Span
from affectlens.reasoning.confidence import ranked
from affectlens.reasoning.pool import fold
from affectlens.reasoning.weights import Scores, Weights

# Clues that a window tells at most, and the least share of the best one's worth.
_TOLD, _LEAST = 4, 0.15
# What a net that is sure of one of seven labels says more than one that has no idea: about ln 5.
_SURE_NATS = 1.6
# What is told where no clue speaks for a label, the first that there is.
_INSTEAD = ("face.slight", "voice.plain", "quote", "voice.silent", "face.away")


def said_by(kind: str, weights: Weights) -> Scores:
    """What a kind of clue says about the labels, in nats; empty for plain facts."""
    family, _, rest = kind.partition(".")
    voice = weights.voice
    if kind == "face.rest":
        return {"neutral": weights.face.rest}
    if kind == "voice.plain":
        return {"neutral": voice.calm}
    if family == "expression":
        return {rest: weights.face.expression * _SURE_NATS}
    if family == "tone":
        return {rest: weights.words.weight * _SURE_NATS}
    if family == "event":
        return voice.events.get(rest, {})
    for number in voice.numbers.values():
        if kind in (number.high, number.low):
            sign = 1 if kind == number.high else -1
            return {label: sign * nats for label, nats in number.says.items()}
    return weights.face.units.get(kind, {})


def worth(clue: Clue, label: str | None, space: LabelSpace, weights: Weights) -> float:
    """Nats by which a clue speaks for a label, or for the one it speaks for most without one.

    What speaks for another label more is no reason for this one, and counts nothing.
    """
    scores = fold(said_by(clue.kind, weights), space, weights)
    if not scores:
        return 0.0
    best = max(scores.values())
    if label is None:
        return clue.strength * best
    nats = scores.get(label, 0.0)
    return clue.strength * nats if nats >= best / 2 or nats < 0 else 0.0


def leading(label: str | None, probabilities: Scores) -> tuple[str, ...]:
    """The labels whose reasons are told: the one that is given, or the two nearest to it."""
    return (label,) if label else tuple(name for name, _ in ranked(probabilities)[:2])


def telling(
    clues: Sequence[Clue], span: Span, labels: Sequence[str], space: LabelSpace, weights: Weights
) -> list[Clue]:
    """The clues of a window that speak for any of its labels, the strongest first, one of a kind.

    Where none does: what was seen or heard instead, weak or plain.
    """
    weighed = [
        (max(worth(c, label, space, weights) for label in labels) * _share(c, span), c)
        for c in clues
    ]
    ordered = sorted(weighed, key=lambda pair: (-pair[0], pair[1].span.start_s, pair[1].kind))
    told: dict[str, Clue] = {}
    for nats, clue in ordered:
        if nats > 0 and nats >= _LEAST * ordered[0][0] and len(told) < _TOLD:
            told.setdefault(clue.kind, clue)
    return list(told.values()) or _otherwise(clues, span)


def _otherwise(clues: Sequence[Clue], span: Span) -> list[Clue]:
    """The clue that tells why nothing speaks for a label, when there is one."""
    for kind in _INSTEAD:
        instead = [c for c in clues if c.kind == kind]
        if instead:
            return [max(instead, key=lambda c: (c.span.overlap_s(span), -c.span.start_s))]
    return []


def _share(clue: Clue, span: Span) -> float:
    """Share of the shorter of both that a clue and a window have in common; 1 for moments."""
    shorter_s = min(clue.span.duration_s, span.duration_s)
    return clue.span.overlap_s(span) / shorter_s if shorter_s > 0 else 1.0
