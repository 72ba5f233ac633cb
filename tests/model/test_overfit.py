"""Tiny Emotion-LLaMA learns eight samples by heart, says them, and still does from its folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.model.affect_models import CPU

from affectlens.encoders.features import Features
from affectlens.foundation.seeding import seed_everything
from affectlens.model import checkpoint, streams
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import Lora, System
from affectlens.model.example import Example, Turn
from affectlens.model.published import published
from affectlens.model.tiny import shrink

ANSWERS = ("happy", "sad", "angry", "worried", "fear", "doubt", "surprise", "neutral")
ROWS = {"patches": 16, "local": 1, "temporal": 1, "audio": 3, "context": 1}


def sample(system: System, number: int, answer: str) -> Example:
    """The question is always the same: only the features tell which answer is meant."""
    rng = np.random.default_rng(number)
    features = {
        name: [
            Features(rng.normal(size=(rows, width)).astype(np.float32), np.arange(rows) / 1.0)
            for width in streams.widths(system)[name]
        ]
        for name, rows in ROWS.items()
    }
    turn = Turn(question="Which emotion?", task="emotion", answer=answer)
    return Example(turns=(turn,), features=features)


@pytest.fixture(scope="module")
def taught() -> tuple[Loaded, list[Example]]:
    torch.set_num_threads(1)
    lora = Lora(rank=16, alpha=32, targets=("q_proj", "v_proj"))
    system = replace(shrink(published("emotion_llama")), lora=lora)
    loaded = checkpoint.create(system, place=CPU)
    examples = [sample(system, number, answer) for number, answer in enumerate(ANSWERS)]
    batch = loaded.processor(examples, training=True)
    seed_everything(0)
    model = loaded.model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(300):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 1.2:  # a frozen head of 32 inputs cannot be much surer; all answers are right
            break
    model.eval()
    return loaded, examples


def said(loaded: Loaded, examples: list[Example]) -> list[str]:
    ids = loaded.model.generate(**loaded.processor(examples, training=False), max_new_tokens=10)
    return [loaded.processor.decode(row) for row in ids]


def test_it_generates_the_targets_of_all_eight(taught: tuple[Loaded, list[Example]]) -> None:
    assert tuple(said(*taught)) == ANSWERS


def test_it_says_the_same_from_its_folder_and_one_by_one(
    taught: tuple[Loaded, list[Example]], tmp_path: Path
) -> None:
    loaded, examples = taught
    checkpoint.save_trained(*loaded, tmp_path / "trained")
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU)
    assert tuple(said(again, [one])[0] for one in examples) == ANSWERS
