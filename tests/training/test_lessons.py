"""Lessons: the sample of a place whoever asks for it, broken ones named and never replaced."""

import dataclasses
import multiprocessing.reduction
import random
from collections.abc import Sequence
from typing import overload

import numpy as np
import pytest
import torch
from tests.training.tiny_lessons import PROCESSOR, drawn, example_of, item, lessons
from torch.utils.data import DataLoader

from affectlens.foundation.errors import InputError
from affectlens.model.example import Example, Turn
from affectlens.training.draw import Broken, Draw, Lesson
from affectlens.training.dropout import LEFT_OUT
from affectlens.training.item import Item
from affectlens.training.lessons import Lessons
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool
from affectlens.training.recipe import Dropout


class Torn(Sequence[Item]):
    """A source whose lines cannot be read."""

    def __len__(self) -> int:
        return 10

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        raise InputError("line 3 is no JSON.")


def told(lesson: Lesson | Broken) -> tuple[object, ...]:
    if isinstance(lesson, Broken):
        return (lesson.draw, lesson.name, lesson.reason)
    present = tuple(sorted(lesson.example.present))
    return (lesson.draw, lesson.row.ids, lesson.row.labels, lesson.row.slots, present)


def test_a_lesson_is_the_row_of_its_draws_clip() -> None:
    for position, lesson in enumerate(drawn()):
        assert isinstance(lesson, Lesson)
        assert lesson.draw.position == position
        assert lesson.example.name == f"clip{lesson.draw.index}"
        rng = random.Random(lesson.draw.seed)  # noqa: S311 - as in training
        plain = example_of(item(lesson.draw.index), lesson.draw, rng)
        assert isinstance(plain, Example)
        row = PROCESSOR.row(plain, training=True)
        assert row.ids == lesson.row.ids


def test_a_place_gives_the_same_whenever_it_is_asked() -> None:
    half = Dropout(stream=0.5)
    forth = [told(lessons(20, 40, half)[position]) for position in range(40)]
    made = lessons(20, 40, half)
    back = [told(made[position]) for position in reversed(range(40))]
    assert forth == back[::-1]


def test_dropout_is_drawn_anew_for_each_pass() -> None:
    made = lessons(1, 40, Dropout(stream=0.5))
    shown = [made[position] for position in range(40)]
    out = {
        tuple(n for n, f in one.example.features.items() if f == LEFT_OUT)
        for one in shown
        if isinstance(one, Lesson)
    }
    assert out == {(), ("patches",), ("context",)}


def test_broken_samples_are_named_with_their_reason_and_not_replaced() -> None:
    found = {one.draw.index: one for one in drawn(10)}
    assert len(found) == 10
    gone, unknown = found.pop(8), found.pop(9)
    assert isinstance(gone, Broken)
    assert isinstance(unknown, Broken)
    assert (gone.name, gone.reason) == ("mine: clip8", "OSError: clip8 has gone")
    assert (unknown.name, unknown.reason) == ("mine: clip9", "its label is unknown")
    assert all(isinstance(one, Lesson) for one in found.values())


def test_an_item_that_cannot_be_read_is_broken() -> None:
    pool = Pool(source="x", task="emotion", indices=np.array([7], np.uint32), weight=1)
    made = Lessons(Plan([pool], 1, 1), {"x": Torn()}, example_of, PROCESSOR, Dropout())
    found = made[0]
    assert isinstance(found, Broken)
    assert (found.name, found.reason) == ("x: clip 7", "line 3 is no JSON.")
    assert made.length(0) == 0


@pytest.mark.parametrize("answer", [None, ""])
def test_a_sample_without_an_answer_is_broken(answer: str | None) -> None:
    def silent(item: Item, draw: Draw, rng: random.Random) -> Example:
        return Example(turns=(Turn(question="?", answer=answer),))

    made = lessons()
    made._example_of = silent
    found = made[0]
    assert isinstance(found, Broken)
    assert "no answer" in found.reason


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_give_what_one_process_gives(workers: int) -> None:
    torch.set_num_threads(1)
    made = lessons(10, 20, Dropout(stream=0.3))
    loader = DataLoader(made, batch_size=5, num_workers=workers, collate_fn=list)
    found = [told(one) for batch in loader for one in batch]
    assert found == [told(made[position]) for position in range(20)]


def test_lessons_can_be_sent_to_a_process_that_is_started_anew() -> None:
    assert len(multiprocessing.reduction.ForkingPickler.dumps(lessons())) > 0


def test_the_length_of_a_sample_is_that_of_the_texts_of_its_task_without_features() -> None:
    plain = item(0, "Well, well.")
    known = dataclasses.replace(plain.annotation, fine="f" * 500)
    turns = (Turn(question="Who?", answer="a" * 90),)
    told = dataclasses.replace(plain, annotation=known, turns=turns)

    def length(task: str) -> int:
        pool = Pool(source="x", task=task, indices=np.array([0], np.uint32), weight=1)
        return Lessons(Plan([pool], 1, 1), {"x": [told]}, never, PROCESSOR, Dropout()).length(0)

    def never(item: Item, draw: Draw, rng: random.Random) -> Example:
        raise AssertionError("features are read")

    said = len("Well, well.")
    assert length("emotion") == said
    assert length("reason_v2") == said + 500
    assert length("conversation") == said + len("Who?") + 90
