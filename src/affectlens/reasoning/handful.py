"""The clues that a language model is told: all that are clear, or a handful that tell most.

A system that is told them after its label gets a few that speak for that label, face, voice and
words in turn: a prompt of a hundred tokens more makes people wait, and a small model lost.
"""

from collections.abc import Sequence
from itertools import zip_longest

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.listed import listed, tellable
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.timeline import Span
from affectlens.model.declaration import System
from affectlens.model.turns import explains_later
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import worth

MOST = 6
_ASKED: tuple[Modality, ...] = ("face", "voice", "words", "scene")
# What nothing is expressed by; told of where nothing of that kind speaks for the label.
_PLAIN = ("face.rest", "face.slight", "voice.plain", "voice.silent", "face.away")
_TOGETHER_S = 0.4


def told_clues(
    system: System,
    clues: Sequence[Clue],
    person: str | None,
    span: Span | None,
    *,
    label: str | None,
    space: LabelSpace,
) -> str | None:
    """The clues of a person and a time as a system's prompt has them; None where there are none.

    `label` is the one that is explained; without it, the clues that speak for any label.
    """
    if not explains_later(system):
        return listed(clues, person, span)
    return listed(handful(clues, person, span, label=label, space=space), person, span)


def handful(
    clues: Sequence[Clue],
    person: str | None,
    span: Span | None,
    *,
    label: str | None,
    space: LabelSpace,
    most: int = MOST,
) -> list[Clue]:
    """At most so many clues, no quotations: each modality's most telling one, then their next."""
    near = tellable(clues, person, span)
    ranked = [
        _ranked([clue for clue in near if clue.modality == modality], label, space)
        for modality in _ASKED
    ]
    turns = (clue for turn in zip_longest(*ranked) for clue in turn if clue is not None)
    return [clue for _, clue in zip(range(most), turns, strict=False)]


def _ranked(clues: Sequence[Clue], label: str | None, space: LabelSpace) -> list[Clue]:
    """One modality's, one of a kind, what speaks for the label first, at the time of the best.

    Where nothing speaks for it: that nothing is expressed, else the clearest that there is.
    """
    weighed = [(worth(clue, label, space, weights()), clue) for clue in clues]
    best = sorted((one for one in weighed if one[0] > 0), key=lambda pair: -pair[0])
    kinds: dict[str, Clue] = {}
    for _, clue in best:
        kinds.setdefault(clue.kind, clue)
    if kinds:
        first = next(iter(kinds.values())).span
        wide = Span(first.start_s - _TOGETHER_S, first.end_s + _TOGETHER_S)
        return sorted(kinds.values(), key=lambda clue: not _meet(clue.span, wide))
    plain = [clue for kind in _PLAIN for clue in clues if clue.kind == kind]
    return plain[:1] or sorted(clues, key=lambda clue: -clue.strength)[:1]


def _meet(one: Span, other: Span) -> bool:
    return one.start_s <= other.end_s and one.end_s >= other.start_s
