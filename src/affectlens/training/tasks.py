"""Tasks: what an item is asked and what is to be answered, in the words of a system."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.conversation import language_of
from affectlens.emotions.dimensions import VALENCE_AROUSAL
from affectlens.emotions.labels import LabelSpace, plain
from affectlens.emotions.spaces import SENTIMENT3
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.model import pools
from affectlens.model.declaration import System
from affectlens.model.example import Turn
from affectlens.model.turns import explain_turns
from affectlens.training.explaining import explanation
from affectlens.training.item import Item

CONVERSATION, EXPLAIN, PREFERENCE = "conversation", "explain", "preference"

Texts = Mapping[str, str]
_PLAIN = "text"  # what `pools.answer` puts into a task's sentence
_REASONED = "reason"
# Labels nearer to 0 than this, "surprise" and "doubt", are pleasant to some and not to others.
_AGREED = 0.5
_OTHERWISE = 0.3  # how often reasons are learned for a label that is drawn


def tasks_of(system: System) -> tuple[str, ...]:
    """The tasks that a system can be taught."""
    asked = pools.read(system.prompts).tasks
    return (*(task for task in asked if task in _ANSWERS), CONVERSATION, PREFERENCE)


def check(task: str, system: System) -> None:
    """Whether a system has a task.

    Raises:
        ConfigError: it has not; those that it has are named.
    """
    known = tasks_of(system)
    if task not in known:
        raise ConfigError(f"{system.name} has no task {task!r}. It has: {', '.join(known)}.")


def turn_of(
    item: Item,
    task: str,
    system: System,
    space: LabelSpace,
    labels: Mapping[str, str],
    rng: random.Random,
) -> tuple[Turn, ...] | Missing:
    """The turns of a sample, the last answer being what is learned; `rng` draws the question.

    `labels` are those of `label_of`. A pair of answers becomes the question with the one that is
    preferred.

    Raises:
        ConfigError: as of `check`.
    """
    check(task, system)
    if task == CONVERSATION:
        return _told(item)
    answer = _answer(item, task, system, space, labels)
    if isinstance(answer, Missing):
        return answer
    if task == EXPLAIN:
        return _explained(item, system, space, labels, rng)
    if item.pair is not None and task == PREFERENCE and item.pair.question.strip():
        return (Turn(question=item.pair.question, answer=answer),)
    tag = _REASONED if task == PREFERENCE else task
    language = language_of(item.annotation)
    asked = pools.questions(system.prompts, tag, space, language=language)
    return (Turn(question=rng.choice(asked), task=tag, answer=answer),)


def _explained(
    item: Item,
    system: System,
    space: LabelSpace,
    labels: Mapping[str, str],
    rng: random.Random,
) -> tuple[Turn, ...] | Missing:
    """A label as a first answer, and behind it the reasons for it, which are learned.

    Some are asked about another label than the clip's: what is told follows what was answered.
    """
    label = label_of(item, space, labels)
    if isinstance(label, Missing):
        return label
    if rng.random() < _OTHERWISE:
        label = rng.choice(space.labels)
    language = language_of(item.annotation)
    first, second = explain_turns(system, space, label, language=language, rng=rng)
    told = explanation(item.annotation, label, space, rng)
    return told if isinstance(told, Missing) else (first, replace(second, answer=told))


def answerable(
    item: Item, task: str, system: System, space: LabelSpace, labels: Mapping[str, str]
) -> Missing | None:
    """Why an item has no answer to a task, None where it has; raises as `turn_of`."""
    check(task, system)
    found = _told(item) if task == CONVERSATION else _answer(item, task, system, space, labels)
    return found if isinstance(found, Missing) else None


def rejected(item: Item, system: System) -> str | Missing:
    """The answer that is not preferred, as the system writes answers."""
    if item.pair is None:
        return Missing("there is no pair of answers")
    return _written(system, PREFERENCE, {_PLAIN: item.pair.rejected})


def label_of(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> str | Missing:
    """The label of a space that an item has; Missing where it has none, or a foreign one.

    `labels` are the data's own labels by those of the space, whatever their case; one that is
    given the empty label is left out on purpose.
    """
    given = item.annotation.label
    if isinstance(given, Missing):
        return given
    if not given.strip():
        return Missing("its label is empty")
    ours = _ours(given, labels)
    if not ours:
        return Missing(f"the recipe leaves the label {given!r} out")
    found = space.find(ours)
    return Missing(f"{space.name} has no label {given!r}") if found is None else found


def foreign(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> str | None:
    """The label of an item that stands for none of the space's, nor is left out on purpose."""
    given = item.annotation.label
    if isinstance(given, Missing) or not given.strip():
        return None
    ours = _ours(given, labels)
    return given if ours and space.find(ours) is None else None


def _ours(given: str, labels: Mapping[str, str]) -> str:
    """A label as the recipe would have it, to the letter before in any case."""
    if given in labels:
        return labels[given]
    wanted = given.strip().lower()
    told = (ours for theirs, ours in labels.items() if theirs.strip().lower() == wanted)
    return next(told, given)


def _told(item: Item) -> tuple[Turn, ...] | Missing:
    """A conversation as it stands."""
    if not item.turns:
        return Missing("there is no conversation")
    answers = [turn.answer for turn in item.turns]
    if not all(answer is not None and answer.strip() for answer in answers):
        return Missing("a question of the conversation has no answer")
    return item.turns


def _answer(
    item: Item, task: str, system: System, space: LabelSpace, labels: Mapping[str, str]
) -> str | Missing:
    texts = _ANSWERS[task](item, space, labels)
    return texts if isinstance(texts, Missing) else _written(system, task, texts)


def _written(system: System, task: str, texts: Texts) -> str | Missing:
    """An answer in the system's words; cleaning may leave nothing of a text."""
    written = {
        name: pools.answer(system.prompts, "", {_PLAIN: text}) for name, text in texts.items()
    }
    if not all(text.strip() for text in written.values()):
        return Missing("nothing is told of it")
    return pools.answer(system.prompts, task, texts).strip()


def _emotion(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    found = label_of(item, space, labels)
    return found if isinstance(found, Missing) else {_PLAIN: found}


def _think(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    label, told = label_of(item, space, labels), _first(item.annotation, "fine")
    if isinstance(label, Missing):
        return label
    return told if isinstance(told, Missing) else {_PLAIN: told, "label": label}


def _open(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    """Open-vocabulary labels; where published code makes "neutral" of none, there is no answer."""
    del space, labels
    found = item.annotation.labels
    if isinstance(found, Missing):
        return found
    return {_PLAIN: ", ".join(found)} if found else Missing("it has no open-vocabulary label")


def _sentiment(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    """By the sign of the valence, else by a label that is pleasant, or not, to everybody."""
    valence = item.annotation.valence
    if isinstance(valence, Missing):
        label = item.annotation.label
        if isinstance(label, Missing):
            return Missing("it has neither valence nor label")
        if (own := SENTIMENT3.find(label)) is not None:
            return {_PLAIN: own}
        known = label_of(item, space, labels)
        named = label if isinstance(known, Missing) else known
        place = VALENCE_AROUSAL.get(plain(named))
        if place is None or 0 < abs(place[0]) < _AGREED:
            return Missing(f"{named!r} is neither pleasant nor unpleasant to everybody")
        valence = place[0]
    negative, neutral, positive = SENTIMENT3.labels
    return {_PLAIN: neutral if valence == 0 else positive if valence > 0 else negative}


def _valence(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    del space, labels
    found = item.annotation.valence
    if isinstance(found, Missing):
        return found
    return {_PLAIN: f"{found:.2f}"} if abs(found) <= 1 else Missing(f"{found:g} is not in -1 – 1")


def _seen(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    """What is seen, of the face and of all else; either may be absent."""
    del space, labels
    told = [item.annotation.face, item.annotation.objective]
    texts = [one.strip() for one in told if not isinstance(one, Missing)]
    return {_PLAIN: " ".join(texts)} if texts else Missing("nothing is told of what is seen")


def _preferred(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    del space, labels
    if item.pair is None:
        return Missing("there is no pair of answers")
    return {_PLAIN: item.pair.chosen}


def _explanation(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
    """Whether there is one; its wording is drawn when it is learned."""
    label = label_of(item, space, labels)
    if isinstance(label, Missing):
        return label
    told = explanation(item.annotation, label, space, random.Random(0))  # noqa: S311
    return told if isinstance(told, Missing) else {_PLAIN: told}


def _text(*fields: str) -> "Answering":
    """The first of some fields of the annotation that has something to say."""

    def answering(item: Item, space: LabelSpace, labels: Mapping[str, str]) -> Texts | Missing:
        del space, labels
        found = _first(item.annotation, *fields)
        return found if isinstance(found, Missing) else {_PLAIN: found}

    return answering


def _first(annotation: Annotation, *fields: str) -> str | Missing:
    told = [getattr(annotation, field) for field in fields]
    texts = [one for one in told if not isinstance(one, Missing) and one.strip()]
    absent = [one for one in told if isinstance(one, Missing)]
    return texts[0] if texts else absent[0] if absent else Missing("nothing is told of it")


Answering = Callable[[Item, LabelSpace, Mapping[str, str]], Texts | Missing]

# Emotion-LLaMA's first stage learns coarse captions as reasons, its second fine ones (§5.1).
_ANSWERS: Mapping[str, Answering] = {
    "emotion": _emotion,
    "onehot_w_candidates": _emotion,
    "onehot_wo_candidates": _emotion,
    "reason": _text("coarse", "fine"),
    "caption": _text("coarse", "fine"),
    "reason_v2": _text("fine"),
    "description": _text("fine", "coarse"),
    "audio": _text("tone"),
    "image": _seen,
    "think": _think,
    EXPLAIN: _explanation,
    "ovlabel": _open,
    "sentiment": _sentiment,
    "valence": _valence,
    PREFERENCE: _preferred,
}
