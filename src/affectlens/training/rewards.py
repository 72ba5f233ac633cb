"""Rewards of an answer that can be checked without a judge: label, format, grounded; each 0 to 1.

An answer that reasons is `<think>…</think><answer>label</answer>` (specs/emotion-llama.md §10.2;
R1-Omni). What the clip has nothing to check against is Missing and left out of the total, by its
weight. That hangs on the clip alone, so that all answers to a question are measured alike: an
answer that asserts nothing of a clip with clues is not spared, it is not grounded at all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from affectlens.annotation.check import borne_out, not_borne_out
from affectlens.annotation.conversation import language_of
from affectlens.clues.phrasebook import languages
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.extract import labels_of
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.reasoning.grounding import ground
from affectlens.training.item import Item
from affectlens.training.tasks import label_of

THINK, THINK_END = "<think>", "</think>"
ANSWER, ANSWER_END = "<answer>", "</answer>"
_WHOLE = re.compile(rf"{THINK}(.*){THINK_END}\s*{ANSWER}(.*){ANSWER_END}", re.DOTALL)
_STOPS = " \t\n.!\"'`*"


@dataclass(frozen=True, slots=True)
class Rewarded:
    """What an answer is worth; the total is the mean of the parts by their weights."""

    total: float | Missing
    parts: Mapping[str, float | Missing]


def reward(
    answer: str,
    item: Item,
    space: LabelSpace,
    labels: Mapping[str, str],
    weights: Mapping[str, float],
) -> Rewarded:
    """The rewards that have a weight above 0; `labels` are the data's own by those of the space.

    Raises:
        ConfigError: there is no such reward.
    """
    wanted = {name: weight for name, weight in weights.items() if weight > 0}
    if unknown := wanted.keys() - _REWARDS.keys():
        raise ConfigError(
            f"There is no reward {', '.join(sorted(unknown))}; there is: {', '.join(_REWARDS)}."
        )
    parts = {name: _REWARDS[name](answer, item, space, labels) for name in wanted}
    found = {name: part for name, part in parts.items() if not isinstance(part, Missing)}
    if not found:
        return Rewarded(Missing(f"{item.id} has nothing to measure an answer by"), parts)
    whole = sum(wanted[name] for name in found)
    return Rewarded(sum(wanted[name] * part for name, part in found.items()) / whole, parts)


def named(answer: str, space: LabelSpace) -> str | Missing:
    """The one label that an answer gives, of its last `<answer>` if it has one.

    Several labels are none, and so is a thought without an answer behind it.
    """
    said = _said(answer)
    if (label := space.find(said.strip(_STOPS))) is not None:
        return label
    words = labels_of(said)
    found = () if isinstance(words, Missing) else map(space.find, words)
    labels = {label for label in found if label is not None}
    if len(labels) == 1:
        return labels.pop()
    listed = f"several labels of {space.name}" if labels else f"no label of {space.name}"
    return Missing(f"The answer names {listed}.")


def _label(
    answer: str, item: Item, space: LabelSpace, labels: Mapping[str, str]
) -> float | Missing:
    """Whether the answer gives the clip's label."""
    truth = label_of(item, space, labels)
    return truth if isinstance(truth, Missing) else float(named(answer, space) == truth)


def _format(
    answer: str, item: Item, space: LabelSpace, labels: Mapping[str, str]
) -> float | Missing:
    """Whether the answer is one thought and one label of the space, each in its tags, once."""
    del item, labels
    tags = (THINK, THINK_END, ANSWER, ANSWER_END)
    found = _WHOLE.fullmatch(answer.strip())
    if found is None or any(answer.count(tag) != 1 for tag in tags):
        return 0.0
    return float(bool(found[1].strip()) and space.find(found[2]) is not None)


def _grounded(
    answer: str, item: Item, space: LabelSpace, labels: Mapping[str, str]
) -> float | Missing:
    """The share of its sentences of face, voice, words and picture that the clues bear out."""
    del space, labels
    clues, language = item.annotation.clues, language_of(item.annotation)
    if not clues:
        return Missing(f"{item.id} has no clues")
    if language not in languages():
        return Missing(f"there is no lexicon to check sentences in {language!r}")
    claims = ground(_thought(answer), clues, language=language)
    true, false = borne_out(claims), len(not_borne_out(claims))
    return true / (true + false) if true else 0.0


def _said(answer: str) -> str:
    """What stands in the last whole `<answer>`, else behind the thought, else all."""
    if (end := answer.rfind(ANSWER_END)) >= 0:
        start = answer.rfind(ANSWER, 0, end)
        if start >= 0:
            return answer[start + len(ANSWER) : end]
    return answer.rpartition(THINK_END)[2].partition(THINK)[0]


def _thought(answer: str) -> str:
    """The reasons without tags; an answer in tags is none."""
    reasons = answer.rpartition(ANSWER)[0] if ANSWER in answer else answer
    for tag in (THINK, THINK_END, ANSWER, ANSWER_END):
        reasons = reasons.replace(tag, " ")
    return reasons


Measuring = Callable[[str, Item, LabelSpace, Mapping[str, str]], float | Missing]

_REWARDS: Mapping[str, Measuring] = {
    "label": _label,
    "format": _format,
    "grounded": _grounded,
}
