"""Conflicts: two modalities of one person that, each alone, speak for different valence."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import cast

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.phrasebook import Phrasebook
from affectlens.emotions.dimensions import VALENCE_AROUSAL
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Conflict, Segment
from affectlens.reasoning.confidence import ranked
from affectlens.reasoning.weights import ConflictWeights, Weights
from affectlens.reasoning.worth import worth


def conflicts(
    person: str,
    segments: Sequence[Segment],
    clues: Sequence[Clue],
    book: Phrasebook,
    space: LabelSpace,
    weights: Weights,
) -> tuple[Conflict, ...]:
    """The conflicts of one person in order of time; neighbouring windows alike are one."""
    found: list[tuple[Span, tuple[str, str], tuple[str, str]]] = []
    for segment in segments:
        for pair, labels in _pairs(segment, weights.conflict):
            if found and found[-1][1:] == (pair, labels) and _meet(found[-1][0], segment.span):
                span = Span(found[-1][0].start_s, segment.span.end_s)
                found[-1] = (span, pair, labels)
            else:
                found.append((segment.span, pair, labels))
    told = []
    for span, pair, labels in found:
        near = [c for c in clues if c.person == person and c.span.overlap_s(span) > 0]
        cited = [
            c.id
            for c in near
            for modality, label in zip(pair, labels, strict=True)
            if c.modality == modality and worth(c, label, space, weights) > 0
        ]
        told.append(_conflict(person, span, pair, labels, tuple(cited), book))
    return tuple(told)


def _pairs(
    segment: Segment, weights: ConflictWeights
) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of modalities that contradict each other in a segment, and what each says."""
    for pair in combinations(segment.modalities, 2):
        (first, p), (second, q) = (ranked(segment.modalities[m])[0] for m in pair)
        if min(p, q) >= weights.sure and _side(first, weights) * _side(second, weights) < 0:
            yield pair, (first, second)


def _side(label: str, weights: ConflictWeights) -> int:
    """1 for a pleasant label, -1 for an unpleasant one, 0 for the others."""
    valence = VALENCE_AROUSAL[label][0]
    return (valence >= weights.valence) - (valence <= -weights.valence)


def _meet(first: Span, second: Span) -> bool:
    """Whether one window follows the other without a gap."""
    return abs(first.end_s - second.start_s) < 1e-6


def _conflict(
    person: str,
    span: Span,
    pair: tuple[str, str],
    labels: tuple[str, str],
    cited: tuple[str, ...],
    book: Phrasebook,
) -> Conflict:
    """A conflict told, with the clues that speak for its two labels."""
    values: dict[str, float | str] = {
        "person": person,
        "start": span.start_s,
        "end": span.end_s,
        "first": book.modality[pair[0]],
        "second": book.modality[pair[1]],
        "first_label": labels[0],
        "second_label": labels[1],
    }
    return Conflict(
        span=span,
        modalities=cast(tuple[Modality, Modality], pair),
        labels=labels,
        clues=cited,
        text=book.sentence("conflict", values),
    )
