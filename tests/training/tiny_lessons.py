"""A tiny model of two streams, and lessons for it, some without streams and some broken."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.model.affect_models import SYSTEM, features, trained
from tests.training.toys import SILENT_FILE

from affectlens.annotation.annotation import Annotation
from affectlens.foundation.missing import Missing
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.tokenizers import load_tokenizer
from affectlens.training.draw import Broken, Draw, Lesson
from affectlens.training.item import Item
from affectlens.training.lessons import Lessons
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool
from affectlens.training.recipe import Dropout

PROCESSOR = AffectProcessor(load_tokenizer("tiny:llama"), system=SYSTEM)
WORDS = ("no", "a long answer", "yes", "happy", "I think that they are sad", "?")


def item(number: int, said: str = "") -> Item:
    source = replace(SILENT_FILE, path=f"{number}.mp4")
    known = Annotation(id=f"clip{number}", source=source, subtitle=said or WORDS[number % 6])
    return Item(annotation=known, media=Path(f"{number}.mp4"))


def example_of(item: Item, draw: Draw, rng: random.Random) -> Example | Missing:
    """Clips in turn have both streams, one, and none; every tenth cannot be read."""
    if draw.index % 10 == 8:
        raise OSError(f"{item.id} has gone")
    if draw.index % 10 == 9:
        return Missing("its label is unknown")
    return Example(
        turns=(Turn(question=rng.choice(("Who?", "Which one?")), answer=WORDS[draw.index % 6]),),
        features={
            "patches": (features(4 + 2 * (draw.index % 3), draw.index),)
            if draw.index % 3 == 0
            else Missing("no picture"),
            "context": (features(1, draw.index),) if draw.index % 3 < 2 else Missing("no picture"),
        },
        name=item.id,
    )


def lessons(clips: int = 8, samples: int = 8, dropout: Dropout | None = None) -> Lessons:
    pool = Pool(source="mine", task="emotion", indices=np.arange(clips, dtype=np.uint32), weight=1)
    sources = {"mine": [item(number) for number in range(clips)]}
    return Lessons(Plan([pool], samples, 3), sources, example_of, PROCESSOR, dropout or Dropout())


def drawn(count: int = 8) -> list[Lesson | Broken]:
    made = lessons(count, count)
    return [made[position] for position in range(count)]


def model() -> AffectLM:
    torch.set_num_threads(1)
    return trained()


def chunks(places: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [places[i : i + size] for i in range(0, len(places), size)]
