"""Questions whose answers are the model's own, to be measured by rewards."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from torch.utils.data import Dataset

from affectlens.annotation.conversation import language_of
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.model import pools
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.training import tasks
from affectlens.training.draw import Broken, Draw, Lesson
from affectlens.training.item import Item
from affectlens.training.lessons import Lessons
from affectlens.training.preference.pairs import told
from affectlens.training.recipe import Recipe, Stage
from affectlens.training.rewards import Rewarded, reward

_UNSAID = "?"  # where a turn wants an answer; prompts end before it


def turn_of(
    item: Item,
    task: str,
    system: System,
    space: LabelSpace,
    labels: Mapping[str, str],
    rng: random.Random,
) -> tuple[Turn, ...] | Missing:
    """As `tasks.turn_of`, for a question that has no given answer.

    Raises:
        ConfigError: the system has no such task, or the task has no questions of its own.
    """
    del labels
    _check(task, system)
    asked = pools.questions(system.prompts, task, space, language=language_of(item.annotation))
    return (Turn(question=rng.choice(asked), task=task, answer=_UNSAID),)


def answerable(
    item: Item,
    task: str,
    system: System,
    space: LabelSpace,
    labels: Mapping[str, str],
    weights: Mapping[str, float],
) -> Missing | None:
    """Why no answer of an item can be measured, None where it can; raises as `turn_of`."""
    _check(task, system)
    total = reward("", item, space, labels, weights).total
    return total if isinstance(total, Missing) else None


def _check(task: str, system: System) -> None:
    tasks.check(task, system)
    if task in (tasks.CONVERSATION, tasks.PREFERENCE):
        raise ConfigError(
            f"The task {task!r} has given answers and cannot be learned by GRPO: choose another, "
            "such as 'think' or 'emotion'."
        )


class Questions(Dataset[Lesson | Broken]):
    """Lessons that `turn_of` asks for, and what an answer to one is worth."""

    def __init__(
        self, lessons: Lessons, sources: Mapping[str, Sequence[Item]], recipe: Recipe, stage: Stage
    ) -> None:
        self._lessons = lessons
        self._sources = sources
        self._space = spaces.space(recipe.space)
        self._labels = {name: data.labels for name, data in recipe.data.items()}
        self._weights = stage.preference.rewards

    def __len__(self) -> int:
        return len(self._lessons)

    def __getitem__(self, position: int) -> Lesson | Broken:
        """The question of a position."""
        return self._lessons[position]

    def worth(self, answer: str, draw: Draw) -> Rewarded:
        """An answer to the question of a draw."""
        item = self._sources[draw.source][draw.index]
        return reward(answer, item, self._space, self._labels[draw.source], self._weights)


class QuestionCollator:
    """Prompts as in use, padded on the left, of lessons that `turn_of` asks for.

    Beside what `AffectLM` takes: `draws`, and what `PairCollator` tells. A batch of broken samples
    alone is one question that weighs nothing, with no draw.
    """

    def __init__(self, processor: AffectProcessor) -> None:
        self._processor = processor

    def __call__(self, places: Sequence[Lesson | Broken]) -> dict[str, Any]:
        """A batch of what is not broken."""
        lessons = [place for place in places if isinstance(place, Lesson)]
        examples = [lesson.example for lesson in lessons]
        examples = examples or [Example(turns=(Turn(question=_UNSAID),))]
        batch = self._processor(examples, training=False)
        return {
            **batch,
            "draws": [lesson.draw for lesson in lessons],
            **told(places, len(lessons), batch["attention_mask"].sum(1).tolist()),
        }
