"""`Teacher`: a clip and a task become the `Example` that a system learns; the same in processes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from affectlens.annotation.annotation import Media
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.missing import Missing
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.pools import question
from affectlens.training import shown, tasks
from affectlens.training.develop import Clip, Held
from affectlens.training.draw import Draw
from affectlens.training.featured import Featured
from affectlens.training.item import Item, Sources, contents_of
from affectlens.training.plan import seeded
from affectlens.training.preference import questions
from affectlens.training.recipe import Data, Recipe, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """What a stage teaches a system; cheap to send to other processes."""

    recipe: Recipe
    stage: Stage
    system: System
    featured: Featured

    def __call__(self, item: Item, draw: Draw, rng: random.Random) -> Example | Missing:
        """A drawn sample; Missing where the clip has no answer to the task."""
        labels = self.recipe.data[draw.source].labels
        asks = questions.turn_of if self.stage.method == "grpo" else tasks.turn_of
        turns = asks(item, draw.task, self.system, space(self.recipe.space), labels, rng)
        if isinstance(turns, Missing):
            return turns
        return self.example(draw.source, item, turns, draw.seed if draw.copied else None)

    def example(
        self, source: str, item: Item, turns: Sequence[Turn], seed: int | None = None
    ) -> Example:
        """Turns before a clip, or with a seed before one of its changed copies or itself."""
        features = self.featured.features_of(source, item, seed)
        return shown.example(item, turns, features, self.system, space(self.recipe.space))

    def answerable(self, item: Item, task: str, data: Data) -> Missing | None:
        """Why a clip has no answer to a task."""
        labels = space(self.recipe.space)
        if self.stage.method == "grpo":
            weights = self.stage.preference.rewards
            return questions.answerable(item, task, self.system, labels, data.labels, weights)
        return tasks.answerable(item, task, self.system, labels, data.labels)

    def has_media(self, source: str, item: Item) -> Missing | None:
        """Why there is nothing to be shown of a clip, where the system is shown anything."""
        if not self.system.streams:
            return None
        clips = contents_of(source, item)
        return next((one for clip in clips if (one := self._absent(*clip)) is not None), None)

    def _absent(self, source: str, item: Item) -> Missing | None:
        """Words alone are enough where they are read, unless they are those of a lost file."""
        if self.featured.has(source, item):
            return None
        if not isinstance(item.media, Missing):
            return Missing(f"there is no file {item.media}")
        alone = item.annotation.media == Media() and "subtitle" in self.system.training.fields()
        return None if alone and shown.words(item.annotation.subtitle) else item.media

    def held(self, source: str, item: Item) -> Clip:
        """A clip to develop on: asked for its label as in use, and that label, if it has one."""
        labels = space(self.recipe.space)
        label = tasks.label_of(item, labels, self.recipe.data[source].labels)
        if isinstance(label, Missing):
            return None
        turn = Turn(question=question(self.system.prompts, labels), task="emotion")
        try:
            return Held(self.example(source, item, (turn,)), label)
        except AffectlensError as error:
            return Missing(str(error))


@dataclass(frozen=True, slots=True)
class HeldBack(Sequence[Clip]):
    """The clips of a survey that are developed on; each is read when it is asked for."""

    teacher: Teacher
    sources: Sources
    places: Sequence[tuple[str, int]]

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return HeldBack(self.teacher, self.sources, self.places[index])
        source, place = self.places[index]
        return self.teacher.held(source, self.sources[source][place])


def held_draws(
    teacher: Teacher, sources: Sources, places: Sequence[tuple[str, int]]
) -> tuple[Draw, ...]:
    """For each clip that is held back one of the stage's tasks that it answers, always the same."""
    recipe, found = teacher.recipe, []
    if teacher.stage.method == "grpo":  # nobody has told its answers
        return ()
    for number, (source, index) in enumerate(places):
        data = recipe.data[source]
        item = sources[source][index]
        shares = {
            task: share
            for task, share in recipe.tasks_of(teacher.stage, data).items()
            if share and teacher.answerable(item, task, data) is None
        }
        if shares:
            seed = seeded(recipe.seed, "held", source, item.id)
            task = random.Random(seed).choices([*shares], [*shares.values()])[0]  # noqa: S311
            draw = Draw(position=number, source=source, index=index, task=task, seed=seed)
            found.append(draw)
    return tuple(found)
