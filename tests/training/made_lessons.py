"""Lessons for a tiny Emotion-LLaMA, made from numbers alone; some may be broken."""

import random
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.model.affect_models import CPU

from affectlens.annotation.imported import Told, annotation
from affectlens.encoders.features import Features
from affectlens.foundation.missing import Missing
from affectlens.model import checkpoint, streams
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.training.draw import Draw
from affectlens.training.item import Item
from affectlens.training.lessons import Lessons
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool
from affectlens.training.recipe import Data, Dropout, Recipe, Schedule, Stage

ANSWERS = ("happy", "sad", "angry", "worried", "fear", "doubt", "surprise", "neutral")
ROWS = {"patches": 16, "local": 1, "temporal": 1, "audio": 3, "context": 1}


def tiny(dropout: float = 0.0) -> Loaded:
    """A new model; without dropout in LoRA, which hangs on how samples are batched."""
    return checkpoint.create(tiny_system(dropout), place=CPU, seed=1)


def tiny_system(dropout: float = 0.0) -> System:
    system = shrink(published("emotion_llama"))
    assert system.lora is not None
    return replace(system, lora=replace(system.lora, dropout=dropout))


def recipe_of(stage: Stage, **settings: Any) -> Recipe:
    return Recipe(
        data={"made": Data(path="nowhere")}, stages={"only": stage}, broken=0.5, **settings
    )


def stage_of(**settings: Any) -> Stage:
    rate = Schedule(peak=1e-2, last=1e-2, start=1e-2)
    return Stage(**{"schedule": rate, "batch": 4, **settings})


def lessons_of(
    loaded: Loaded,
    samples: int,
    clips: int = 8,
    broken: Collection[int] = (),
    scale: float = 1.0,
    dropout: float = 0.0,
) -> Lessons:
    """Eight clips in turn, told apart by their features alone; the times of clips differ."""
    pool = Pool(
        source="made", task="emotion", indices=np.arange(clips, dtype=np.uint32), weight=1.0
    )
    widths = streams.widths(loaded.processor.system)
    return Lessons(
        Plan([pool], samples, seed=3),
        {"made": [item(number) for number in range(clips)]},
        ExampleOf(widths, frozenset(broken), scale),
        loaded.processor,
        Dropout(stream=dropout),
    )


def item(number: int) -> Item:
    told = Told(
        name=f"clip{number}",
        by="hand",
        fields={"subtitle": "so it is " * (number % 3) or Missing("")},
    )
    return Item(annotation=annotation(told, Path()), media=Missing("never looked at"))


class ExampleOf:
    """A clip's example; a class, so that processes that read can be given it."""

    def __init__(self, widths: Any, broken: frozenset[int], scale: float) -> None:
        self.widths = widths
        self.broken = broken
        self.scale = scale

    def __call__(self, item: Item, draw: Draw, rng: random.Random) -> Example | Missing:
        if draw.position in self.broken:
            return Missing("its file is empty")
        made = np.random.default_rng(draw.index)
        features = {
            name: [
                Features(
                    (made.normal(size=(rows, width)) * self.scale).astype(np.float32),
                    np.arange(rows) / 1.0,
                )
                for width in self.widths[name]
            ]
            for name, rows in ROWS.items()
            if not (name == "audio" and draw.index % 2)
        }
        subtitle = item.annotation.subtitle
        return Example(
            turns=(Turn(question="Which emotion?", task="emotion", answer=ANSWERS[draw.index]),),
            features=features,
            subtitle=None if isinstance(subtitle, Missing) else subtitle,
            name=item.id,
        )


def weights(loaded: Loaded) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in loaded.model.state_dict().items()}


def said(loaded: Loaded, clips: int = 8) -> list[str]:
    """What it answers to each clip."""
    lessons = lessons_of(loaded, clips, clips)
    examples = {}
    for position in range(clips):
        lesson: Any = lessons[position]
        turn = replace(lesson.example.turns[0], answer=None)
        examples[lesson.draw.index] = replace(lesson.example, turns=(turn,))
    batch = loaded.processor([examples[i] for i in range(clips)], training=False)
    ids = loaded.model.generate(**batch, max_new_tokens=12)
    return [loaded.processor.decode(row) for row in ids]


def place(folder: Path) -> Path:
    return folder / "stages" / "only"
