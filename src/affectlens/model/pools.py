"""Instructions by task, as data, and how the targets of training are written."""

import functools
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import SPACES
from affectlens.foundation.errors import ConfigError

_WORDS = 200
_DROPPED = re.compile(r'[.!"()*#:;~]')
_QUESTIONS = {
    "en": ("Please determine which emotion label in the video represents: {}.", ", "),
    "zh": ("请判断视频中的人物表现的是以下哪一个情绪标签：{}。", "、"),
}
_LABELS = "{labels}"  # in an instruction: those of the space that is asked for
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Pool:
    """Instructions that say the same; `space` names the labels that they list."""

    space: str | None
    by_language: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Prompts:
    """A file of `model/prompts/`: which pool each task draws from, the pools, and the targets."""

    name: str
    tasks: Mapping[str, str]
    pools: Mapping[str, Pool]
    answers: Mapping[str, str]  # how a task's answer is put, such as "It is {text}."
    clean: bool  # whether targets are written as Emotion-LLaMA's: see `clean`


@functools.cache
def read(name: str) -> Prompts:
    """The instructions of a system, by the name that its declaration gives.

    Raises:
        ConfigError: there is no such file.
    """
    place = files("affectlens.model") / "prompts" / f"{name}.toml"
    if not place.is_file():
        raise ConfigError(f"There are no prompts {name!r} in model/prompts.")
    data = tomllib.loads(place.read_text("utf-8"))
    pools = {
        pool: Pool(
            space=content.get("space"),
            by_language={key: tuple(content[key]) for key in _QUESTIONS if key in content},
        )
        for pool, content in data["pools"].items()
    }
    answers = data.get("answers", {})
    return Prompts(name, data["tasks"], pools, answers, clean=data.get("clean", False))


def instructions(prompts: str, task: str, *, language: str = "en") -> Sequence[str]:
    """The pool of a task, or a pool by its own name.

    Raises:
        ConfigError: there is no such task or pool, or it has nothing in that language.
    """
    found = read(prompts)
    name = found.tasks.get(task, task)
    if name not in found.pools:
        known = ", ".join([*found.tasks, *(p for p in found.pools if p not in found.tasks)])
        raise ConfigError(f"The prompts {prompts} have no task {task!r}. They have: {known}.")
    pool = found.pools[name].by_language
    if language not in pool:
        raise ConfigError(
            f"The prompts {prompts} have {task!r} in {', '.join(pool)}; got {language!r}."
        )
    return pool[language]


def instruction(
    prompts: str, task: str, rng: random.Random | None = None, *, language: str = "en"
) -> str:
    """The first of a task's instructions; with `rng` one drawn from all; raises as above."""
    pool = instructions(prompts, task, language=language)
    return pool[0] if rng is None else rng.choice(pool)


def label_question(space: LabelSpace, language: str = "en") -> str:
    """The question for one label of any space, worded as Emotion-LLaMA's (spec §3.4, E0).

    Raises:
        ConfigError: there is no wording in that language.
    """
    if language not in _QUESTIONS:
        raise ConfigError(f"Questions are in {', '.join(_QUESTIONS)}; got {language!r}.")
    wording, comma = _QUESTIONS[language]
    return wording.format(comma.join(space.labels))


def questions(prompts: str, task: str, space: LabelSpace, *, language: str = "en") -> Sequence[str]:
    """What a task may ask, of the labels of a space where it asks for one; raises as above.

    A pool that lists labels is asked where it lists all of the space's, as the published scores
    were reached: the nine-label prompt serves six labels too (spec §3.4, author's answer #66).
    Else it is `label_question`.
    """
    found = read(prompts)
    pool = found.pools.get(found.tasks.get(task, task))
    if pool is not None and pool.space:
        listed = SPACES[pool.space].labels
        if not set(space.labels) <= set(listed) or language not in pool.by_language:
            return [label_question(space, language)]
    comma = _QUESTIONS.get(language, _QUESTIONS["en"])[1]
    labels = comma.join(space.labels)
    return [
        text.replace(_LABELS, labels) for text in instructions(prompts, task, language=language)
    ]


def question(prompts: str, space: LabelSpace, *, language: str = "en") -> str:
    """How a system asks for one of a space's labels: the first of its questions; see there."""
    return questions(prompts, "emotion", space, language=language)[0]


def answer(prompts: str, task: str, texts: Mapping[str, str]) -> str:
    """What a system learns to say: a task's sentence around `text` and whatever else it names."""
    found = read(prompts)
    said = {name: clean(text) if found.clean else text for name, text in texts.items()}
    return _FIELD.sub(lambda field: said[field[1]], found.answers.get(task, "{text}"))


def clean(answer: str) -> str:
    """A target as Emotion-LLaMA learns it: lower case, hardly any stops, 200 words (spec §3.3)."""
    return " ".join(_DROPPED.sub(" ", answer.lower()).split()[:_WORDS])
