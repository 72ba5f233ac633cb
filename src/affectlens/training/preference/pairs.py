"""`Pairs`: at each place of a plan a question with two answers, of which one is preferred."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch.utils.data import Dataset

from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.missing import Missing
from affectlens.model.processor import AffectProcessor
from affectlens.training.collate import nothing, skipped
from affectlens.training.draw import Broken, Lesson
from affectlens.training.item import Item
from affectlens.training.lessons import Lessons
from affectlens.training.tasks import rejected


class PairOfLessons(NamedTuple):
    """The same question and features twice."""

    chosen: Lesson
    rejected: Lesson


class Pairs(Dataset[PairOfLessons | Broken]):
    """Lessons of the task "preference", each with the answer that is not preferred."""

    def __init__(
        self, lessons: Lessons, sources: Mapping[str, Sequence[Item]], processor: AffectProcessor
    ) -> None:
        self._lessons = lessons
        self._sources = sources
        self._processor = processor

    def __len__(self) -> int:
        return len(self._lessons)

    def __getitem__(self, position: int) -> PairOfLessons | Broken:
        """The pair of a position; whatever is wrong with either answer breaks it."""
        chosen = self._lessons[position]
        if isinstance(chosen, Broken):
            return chosen
        draw, example = chosen.draw, chosen.example
        item = self._sources[draw.source][draw.index]
        answer = rejected(item, self._processor.system)
        if isinstance(answer, Missing):
            return Broken(draw=draw, name=f"{draw.source}: {item.id}", reason=answer.reason)
        last = dataclasses.replace(example.turns[-1], answer=answer)
        other = dataclasses.replace(example, turns=(*example.turns[:-1], last))
        try:
            row = self._processor.row(other, training=True)
        except AffectlensError as error:
            return Broken(draw=draw, name=f"{draw.source}: {item.id}", reason=str(error))
        return PairOfLessons(chosen, Lesson(draw=draw, example=other, row=row))


class PairCollator:
    """A padded batch: all preferred answers, then the others in the same order.

    Beside what `AffectLM` takes: `lengths` (tokens of each answer with its question), `counts`
    (pairs, whatever the kind of loss), `weights` (1 of each pair) and `skipped`. A batch of broken
    pairs alone is one pair that weighs nothing.
    """

    def __init__(self, processor: AffectProcessor) -> None:
        self._processor = processor

    def __call__(self, places: Sequence[PairOfLessons | Broken]) -> dict[str, Any]:
        """A batch of what is not broken."""
        pairs = [place for place in places if isinstance(place, PairOfLessons)]
        lessons = [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
        examples = [lesson.example for lesson in lessons]
        rows = [lesson.row for lesson in lessons] or [nothing(self._processor)] * 2
        return {
            **self._processor.batch(rows, examples, training=True),
            **told(places, len(pairs), [len(row.ids) for row in rows]),
        }


def told(places: Sequence[object], counted: int, lengths: list[int]) -> dict[str, Any]:
    """What a batch counts for, and what left it."""
    count = torch.tensor(counted)
    return {
        "lengths": lengths,
        "counts": {"sample": count, "token": count},
        "weights": torch.ones(counted) if counted else torch.zeros(1),
        "skipped": skipped(places),
    }
