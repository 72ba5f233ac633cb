"""From evidence to probabilities: scores in nats add up, and softmax makes them probabilities.

Evidence for a label that the space lacks goes to its nearest relative (`fold` in weights.toml).
Neutral is always weighed, also in a space without it: there its share is dealt out evenly, so that
a calm face is no evidence for any emotion.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from affectlens.emotions.labels import LabelSpace
from affectlens.reasoning.evidence import Evidence
from affectlens.reasoning.weights import Scores, Weights

NEUTRAL = "neutral"


def total(evidence: Iterable[Evidence], space: LabelSpace, weights: Weights) -> dict[str, float]:
    """Nats of every label of the space, and of neutral, all evidence added up."""
    nats = dict.fromkeys((*space.labels, NEUTRAL), 0.0)
    for piece in evidence:
        factor = weights.modalities[piece.modality]
        for label, value in fold(piece.scores, space, weights).items():
            nats[label] += factor * value
    return nats


def fold(scores: Scores, space: LabelSpace, weights: Weights) -> dict[str, float]:
    """Scores in the words of a space, and neutral; several that meet add up."""
    folded: dict[str, float] = {}
    for label, nats in scores.items():
        if label in space.labels or label == NEUTRAL:
            folded[label] = folded.get(label, 0.0) + nats
            continue
        for target, share in weights.fold.get(label, {}).items():
            if target in space.labels:
                folded[target] = folded.get(target, 0.0) + share * nats
                break
    return folded


def probabilities(
    nats: Mapping[str, float], space: LabelSpace, weights: Weights
) -> dict[str, float]:
    """Probabilities of the labels of a space, in its order; they sum to 1."""
    top = max(nats.values())
    powers = {label: math.exp((x - top) / weights.temperature) for label, x in nats.items()}
    whole = sum(powers.values())
    spare = 0.0 if NEUTRAL in space.labels else powers[NEUTRAL] / whole / len(space.labels)
    return {label: powers[label] / whole + spare for label in space.labels}


def uniform(space: LabelSpace) -> dict[str, float]:
    """Probabilities when there is no evidence."""
    return dict.fromkeys(space.labels, 1 / len(space.labels))


def average(windows: Sequence[Mapping[str, float]], weights: Weights) -> dict[str, float]:
    """Nats of a whole clip from those of its windows; windows that express something count more."""
    shares = [1 + weights.emphasis * max(0.0, _lead(nats)) for nats in windows]
    return {
        label: sum(share * nats[label] for share, nats in zip(shares, windows, strict=True))
        / sum(shares)
        for label in windows[0]
    }


def _lead(nats: Mapping[str, float]) -> float:
    """By how much the strongest emotion exceeds neutral."""
    return max(x for label, x in nats.items() if label != NEUTRAL) - nats[NEUTRAL]
