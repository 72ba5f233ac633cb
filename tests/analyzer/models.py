"""Tiny models on the disk, made once per process: an Emotion-LLaMA, and one as nano is."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from affectlens.foundation.device import Place
from affectlens.model import checkpoint
from affectlens.model.declaration import System
from affectlens.model.published import published
from affectlens.model.tiny import shrink


@cache
def tiny_model() -> Path:
    """The folder of a model with random weights; it stays until the machine tidies up."""
    return _made(shrink(published("emotion_llama")), "tiny")


def tiny_two_turns() -> System:
    """A system that is told the clues in a second turn, as nano is; of two streams."""
    system = shrink(published("emotion_llama"))
    kept = tuple(s for s in system.streams if s.name in ("local", "audio"))
    layout = replace(
        system.training,
        first=("The person says: {subtitle} ", "<i>{local}{audio}</i> ", "[{task}] {question}"),
        later=("What was measured: {clues} ", "[{task}] {question}"),
    )
    return replace(system, name="two_turns", streams=kept, training=layout, generation=layout)


@cache
def tiny_nano() -> Path:
    """The folder of a model that is asked in two turns."""
    return _made(tiny_two_turns(), "nano")


def _made(system: System, name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="affectlens-test-")) / name
    loaded = checkpoint.create(system, place=Place(device="cpu"))
    checkpoint.save_trained(loaded.model, loaded.processor, folder)
    return folder
