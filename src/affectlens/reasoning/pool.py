"""From evidence to probabilities: scores in nats add up, and softmax makes them probabilities.

Evidence for a label that the space lacks goes to its nearest relative (`fold` in weights.toml),
without being counted twice.
Neutral is always weighed, also in a space without it: there its share is dealt out evenly, so that
a calm face is no evidence for any emotion.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from affectlens.emotions.labels import LabelSpace
from affectlens.reasoning.evidence import Evidence, Opinion
from affectlens.reasoning.weights import Scores, Weights

NEUTRAL = "neutral"


def total(evidence: Iterable[Evidence], space: LabelSpace, weights: Weights) -> dict[str, float]:
    """Nats of every label of the space, and of neutral, all evidence added up."""
    nats = dict.fromkeys((*space.labels, NEUTRAL), 0.0)
    for piece in evidence:
        factor = weights.modalities[piece.modality]
        for label, value in fold(piece.scores, space, weights).items():
            nats[label] += factor * value
        if piece.opinion:
            for label, value in opined(piece.opinion, space, weights).items():
                nats[label] += factor * value
    return nats


def fold(scores: Scores, space: LabelSpace, weights: Weights) -> dict[str, float]:
    """The scores of one observation in the words of a space, and neutral.

    An observation that speaks for a label and for its relative says one thing twice: the stronger
    counts. What it says against a relative is nothing against the label.
    """
    folded = {label: x for label, x in scores.items() if label in space.labels or label == NEUTRAL}
    for label in scores.keys() - folded.keys():
        if (found := _relative(label, space, weights)) and scores[label] > 0:
            target, share = found
            folded[target] = max(folded.get(target, -math.inf), share * scores[label])
    return folded


def opined(opinion: Opinion, space: LabelSpace, weights: Weights) -> dict[str, float]:
    """A net's opinion in nats, in the words of a space, and neutral when the net knows it.

    Emotions that the net does not know get the mean of those that it knows.
    """
    mapped: dict[str, float] = {}
    for label, p in opinion.probabilities.items():
        same = (label, 1.0) if label in space.labels or label == NEUTRAL else None
        if found := same or _relative(label, space, weights):
            target, share = found
            mapped[target] = mapped.get(target, 0.0) + share * p
    nats = {label: opinion.nats(p) for label, p in mapped.items()}
    known = [x for label, x in nats.items() if label != NEUTRAL]
    mean = sum(known) / len(known) if known else 0.0
    unknown = [label for label in space.labels if label != NEUTRAL and label not in nats]
    return nats | dict.fromkeys(unknown, mean)


def _relative(label: str, space: LabelSpace, weights: Weights) -> tuple[str, float] | None:
    """The label of a space that takes another's evidence, and how much of it."""
    targets = weights.fold.get(label, {}).items()
    return next(((target, share) for target, share in targets if target in space.labels), None)


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
