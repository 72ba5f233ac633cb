"""Clips of which the features alone tell the label, and a tiny model that answers at random."""

import copy
import dataclasses
import functools
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.model.affect_models import CPU, LAYOUT, SYSTEM
from tests.training.tiny_lessons import item as bare

from affectlens.annotation.annotation import Annotation
from affectlens.encoders.features import Features
from affectlens.foundation.missing import Missing
from affectlens.foundation.seeding import seed_everything
from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.model.example import Example, Turn
from affectlens.training.draw import Draw
from affectlens.training.engine import Engine, Keep
from affectlens.training.item import Item, Pair
from affectlens.training.lessons import Lessons
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool
from affectlens.training.preference.likelihood import likelihood
from affectlens.training.recipe import Data, Dropout, Optimizer, Preference, Recipe, Schedule, Stage

_LAYOUT = dataclasses.replace(LAYOUT, end="</s>")
TOY = dataclasses.replace(SYSTEM, training=_LAYOUT, generation=_LAYOUT)
LABELS = ("ja", "no")
CLIPS = 8
QUESTION = "Which?"


def shown(number: int) -> Features:
    """Rows that all have one sign, which is the label's."""
    values = np.random.default_rng(number).uniform(0.5, 1.5, size=(4, 8)) * (1 - 2 * (number % 2))
    return Features(values.astype(np.float32), np.arange(4, dtype=np.float64))


def item(number: int) -> Item:
    """Its label is preferred to the other."""
    known: Annotation = bare(number).annotation
    right, wrong = LABELS[number % 2], LABELS[1 - number % 2]
    labelled = Annotation(id=known.id, source=known.source, label=right)
    pair = Pair(QUESTION, chosen=right, rejected=wrong)
    return Item(annotation=labelled, media=Path("none"), pair=pair)


def without_pair(number: int) -> Item:
    """All the same, but nobody said which answer is better."""
    return dataclasses.replace(item(number), pair=None)


SOURCES = {"mine": [item(number) for number in range(CLIPS)]}


def example(number: int, answer: str) -> Example:
    return Example(
        turns=(Turn(question=QUESTION, answer=answer),),
        features={"patches": (shown(number),)},
        name=f"clip{number}",
    )


def example_of(item: Item, draw: Draw, rng: random.Random) -> Example | Missing:
    """With the preferred answer, which questions do not look at."""
    if draw.index in BROKEN:
        return Missing("it was broken for a test")
    assert item.pair is not None
    return example(draw.index, item.pair.chosen)


BROKEN: set[int] = set()


def draw(number: int) -> Draw:
    return Draw(position=number, source="mine", index=number, task="emotion", seed=number)


def chance() -> random.Random:
    return random.Random(0)  # noqa: S311 - chance that a seed can repeat


def stage(method: Any, steps: int, preference: Preference, **more: Any) -> Stage:
    settings: dict[str, Any] = {
        "tasks": {"preference" if method == "dpo" else "emotion": 1.0},
        "batch": 4,
        "micro_batch": 2,
        "steps_per_epoch": steps,
        "schedule": Schedule(peak=4e-3, last=4e-3, start=4e-3),
        "optimizer": Optimizer(decay=0.0, clip=1.0),
    }
    return Stage(method=method, preference=preference, **{**settings, **more})


def recipe(one: Stage, every: int = 0) -> Recipe:
    return Recipe(
        data={"mine": Data()},
        stages={"only": one},
        space=",".join(LABELS),
        engine=Engine(device="cpu", precision="float32"),
        keep=Keep(every=every, log_every=5),
        broken=0.5,
    )


def lessons(one: Stage, loaded: Loaded) -> Lessons:
    pool = Pool(source="mine", task="emotion", indices=np.arange(CLIPS, dtype=np.uint32), weight=1)
    samples = one.batch * one.steps_per_epoch
    return Lessons(Plan([pool], samples, 1), SOURCES, example_of, loaded.processor, Dropout())


@functools.cache
def _undecided() -> tuple[Loaded, Mapping[str, torch.Tensor]]:
    torch.set_num_threads(1)
    loaded = checkpoint.create(TOY, place=CPU)
    clips = [example(number, answer) for number in range(2) for answer in LABELS]
    batch = loaded.processor(clips, training=True)
    seed_everything(0)
    model = loaded.model.requires_grad_(True).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    return loaded, copy.deepcopy(model.state_dict())


def undecided() -> Loaded:
    """A model that says one of the labels, whatever it is shown."""
    loaded, weights = _undecided()
    loaded.model.load_state_dict(weights)
    loaded.model.freeze()
    return loaded


def margins(loaded: Loaded) -> torch.Tensor:
    """How much likelier the preferred answer is, by clip."""
    clips = [example(i, LABELS[i % 2]) for i in range(CLIPS)]
    others = [example(i, LABELS[1 - i % 2]) for i in range(CLIPS)]
    batch = loaded.processor([*clips, *others], training=True)
    with torch.no_grad():
        chosen_P, rejected_P = likelihood(loaded.model, {**batch}).summed().chunk(2)
    return chosen_P - rejected_P
