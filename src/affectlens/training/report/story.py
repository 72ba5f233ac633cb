"""`Story`: all that a run's folder tells of its course, whole or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import InputError
from affectlens.training import figures
from affectlens.training.figures import Course, Record
from affectlens.training.folder import RunFolder

_SCORES = ("uar", "war", "weighted_f1")
_NAMED = 20  # broken samples that are named
_PLACE = ("stage", "position", "name")  # which sample it is
NAMES = {"uar": "UAR", "war": "WAR", "weighted_f1": "weighted F1", "loss": "loss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Of one run."""

    path: Path
    recipe: Mapping[str, Any]  # as `config.as_dict` writes it
    courses: tuple[Course, ...]  # of the stages that began, in the recipe's order
    skipped: tuple[Record, ...]  # the first samples that could not be learned
    skipped_all: int
    notes: tuple[str, ...] = ()  # what could not be read

    @property
    def stages(self) -> Mapping[str, Mapping[str, Any]]:
        """The recipe's."""
        return dict(self.recipe.get("stages", {}))

    def metric(self, course: Course) -> str:
        """By which the best checkpoint of a stage is chosen."""
        told = course.start.get("metric") or self.recipe.get("develop", {}).get("metric", "uar")
        return str(told)

    def score(self, course: Course) -> str:
        """The metric that people are told: what is chosen by the loss has a UAR, too."""
        metric = self.metric(course)
        return metric if metric in _SCORES else "uar"

    @property
    def done(self) -> bool:
        """Whether every stage came to its end."""
        ended = {course.stage for course in self.courses if course.ended}
        return bool(self.stages) and ended >= set(self.stages)

    @property
    def judged(self) -> Course | None:
        """The last stage that was tried on the held-back part."""
        return next((one for one in reversed(self.courses) if one.developments), None)

    @property
    def start(self) -> Record:
        """The first record: on what it ran, what it read."""
        return next((course.start for course in self.courses if course.start), {})

    def best(self, course: Course) -> Record | None:
        """The development that the metric chooses, the last of equals."""
        metric = self.metric(course)
        sign = -1.0 if metric == "loss" else 1.0
        told = [one for one in course.developments if one.get(metric) is not None]
        return max(
            told, key=lambda one: (sign * float(one[metric]), int(one["step"])), default=None
        )


def story(folder: Path) -> Story:
    """What a run's folder tells.

    Raises:
        InputError: it is no run's, or its journal or recipe is damaged.
    """
    run = RunFolder(folder)
    recipe = run.settings()
    found = figures.read(run.journal)
    order = [*recipe.get("stages", {}), *found]
    courses = tuple(found[name] for name in dict.fromkeys(order) if name in found)
    skipped: list[Record] = []
    places: set[tuple[object, ...]] = set()  # a run that goes on tells some samples once more
    notes = []
    try:
        for one in run.skipped.read():
            place = tuple(map(one.get, _PLACE))
            if place not in places and len(skipped) < _NAMED:
                skipped.append(one)
            places.add(place)
    except InputError as error:
        notes.append(str(error))
    return Story(
        path=folder,
        recipe=recipe,
        courses=courses,
        skipped=tuple(skipped),
        skipped_all=len(places),
        notes=tuple(notes),
    )
