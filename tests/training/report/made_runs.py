"""Run folders as training leaves them, made without training."""

import json
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlens.foundation import config
from affectlens.training.recipe import Data, Develop, Recipe, Stage

LABELS = ("neutral", "angry", "happy", "sad", "worried", "surprise")
STAGES = {"alignment": {"reason": 1.0}, "instruction": {"emotion": 2.0, "reason": 1.0}}


def recipe(stages: Sequence[str] = tuple(STAGES), **more: Any) -> Recipe:
    data = {"merr": Data(path="MERR", format="merr"), "toy": Data(path="TOY", weight=2.0)}
    learned = {name: Stage(tasks=STAGES.get(name, {"emotion": 1.0})) for name in stages}
    told = {"data": data, "stages": learned, "develop": Develop(share=0.2), **more}
    return Recipe(name="toy clips, two stages", space="mer6", **told)


def start(stage: str, steps: int) -> dict[str, Any]:
    return {
        **_line("start", stage, 0),
        "steps": steps,
        "recipe_sha256": "ab" * 32,
        "seed": 42,
        "affectlens": "0.6.0",
        "python": "3.11.9",
        "packages": {"torch": "2.13.0", "transformers": "5.23.0"},
        "cpu": "a processor",
        "device": "cpu",
        "processes": 1,
        "parameters": {
            "connectors": {"trained": 21_400, "frozen": 0},
            "lora": {"trained": 33_554_432, "frozen": 0},
            "language": {"trained": 0, "frozen": 6_738_415_616},
        },
        "data": {
            "merr": {"clips": 28_618, "learned": 28_618, "held back": 0, "reason": 28_618},
            "toy": {"clips": 300, "learned": 240, "held back": 60, "broken": 1, "emotion": 240},
        },
        "notes": ["60 clips are held back, of whole speakers."],
    }


def step(stage: str, at: int, steps: int, loss: float | None, **more: Any) -> dict[str, Any]:
    rate = 1e-6 + 9e-6 * 0.5 * (1 + math.cos(math.pi * at / steps))
    return {
        **_line("step", stage, at),
        "steps": steps,
        "loss": loss,
        "rates": {"connectors": rate, "lora": rate},
        "grad_norm": 1.0 + 1 / (1 + at),
        "samples": 4 * at,
        "tokens": 500 * at,
        "samples_per_s": 9.0 + math.sin(at),
        "tokens_per_s": 1000.0,
        "seconds": 0.4 * at,
        "peak_memory_bytes": 3 * 2**30,
        **more,
    }


def development(stage: str, at: int, uar: float, **more: Any) -> dict[str, Any]:
    right = round(20 * uar)
    counts = [
        [right if i == j else (20 - right) // 5 for j in range(len(LABELS))]
        for i in range(len(LABELS))
    ]
    return {
        **_line("development", stage, at),
        "war": uar,
        "uar": uar,
        "weighted_f1": uar,
        "war_majority": 0.25,
        "uar_majority": 1 / 6,
        "weighted_f1_majority": 0.1,
        "loss": 2.0 - uar,
        "clips": 120,
        "broken": 0,
        "confusion": {"labels": LABELS, "answers": LABELS, "counts": counts},
        **more,
    }


def event(kind: str, stage: str, at: int, **more: Any) -> dict[str, Any]:
    return {**_line(kind, stage, at), **more}


def whole(stage: str, steps: int, every: int = 10) -> list[dict[str, Any]]:
    """A stage from its start to its end."""
    chance = random.Random(stage)  # noqa: S311 - a drawing, no secret
    losses = [0.3 + 3 * math.exp(-4 * at / steps) for at in range(every, steps + 1, every)]
    lines = [
        step(stage, every * (i + 1), steps, loss * chance.uniform(0.8, 1.2))
        for i, loss in enumerate(losses)
    ]
    tries = [development(stage, steps * i // 8, 0.72 - 0.07 * abs(6 - i)) for i in range(1, 9)]
    lines = sorted([*lines, *tries], key=lambda line: int(line["step"]))
    return [start(stage, steps), *lines, event("end", stage, steps)]


def folder(at: Path, lines: Sequence[Mapping[str, Any]], settings: Recipe | None = None) -> Path:
    """Write a run."""
    at.mkdir(parents=True)
    told = {"schema": "affectlens.run/1", "recipe": config.as_dict(settings or recipe())}
    (at / "recipe.json").write_text(json.dumps(told))
    (at / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return at


def _line(kind: str, stage: str, at: int) -> dict[str, Any]:
    when = f"2026-01-02T03:{at // 60 % 60:02}:{at % 60:02}.000+00:00"
    return {
        "schema": "affectlens.training-journal/1",
        "kind": kind,
        "stage": stage,
        "step": at,
        "at": when,
    }
