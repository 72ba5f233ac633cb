"""How a system is asked for a label and for its reasons: the same turns in training and in use.

A system whose later turns are told the clues is asked twice: for the label, without clues, and,
behind the label that it gave, for the reasons. Its explanation so follows its label.
"""

import random

from affectlens.emotions.labels import LabelSpace
from affectlens.model import pools
from affectlens.model.declaration import System
from affectlens.model.example import Turn

_CLUES = "{clues}"
_EMOTION, _REASON, _FINE = "emotion", "reason", "reason_v2"
# Tokens of an explanation that was learned from ours, two to four sentences, with room to spare.
EXPLANATION_TOKENS = 96


def explains_later(system: System) -> bool:
    """Whether a system is asked for its reasons in a second turn, in which it is told the clues."""
    return any(_CLUES in sentence for sentence in system.generation.later)


def label_turn(system: System, space: LabelSpace, *, language: str) -> Turn:
    """How a system is asked for a label."""
    asked = pools.question(system.prompts, space, language=language)
    return Turn(question=asked, task=_EMOTION)


def reason_turn(system: System, *, language: str, rng: random.Random | None = None) -> Turn:
    """How a system is asked for its reasons: by the task of fine descriptions, where it has one."""
    task = _FINE if _FINE in pools.read(system.prompts).tasks else _REASON
    asked = pools.instruction(system.prompts, task, rng, language=language)
    return Turn(question=asked, task=task)


def explain_turns(
    system: System,
    space: LabelSpace,
    label: str,
    *,
    language: str,
    rng: random.Random | None = None,
) -> tuple[Turn, Turn]:
    """The question for a label with the label as its answer, and the question for the reasons.

    With `rng` both questions are drawn from their pools, else they are the first of these.
    """
    asked = pools.questions(system.prompts, _EMOTION, space, language=language)
    answer = pools.answer(system.prompts, _EMOTION, {"text": label}).strip()
    question = asked[0] if rng is None else rng.choice(asked)
    first = Turn(question=question, task=_EMOTION, answer=answer)
    return first, reason_turn(system, language=language, rng=rng)


def explanation_tokens(system: System, most: int) -> int:
    """How many tokens an explanation may take, of those that a user allows."""
    return min(most, EXPLANATION_TOKENS) if explains_later(system) else most
