"""A tiny Emotion-LLaMA in training, and a run that is killed again and again until it is done."""

import json
import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch.utils.data import SequentialSampler
from transformers import TrainerCallback, TrainingArguments

from affectlens.encoders.features import Features
from affectlens.foundation.device import Place
from affectlens.foundation.seeding import seed_everything
from affectlens.model import checkpoint, streams
from affectlens.model.example import Example, Turn
from affectlens.model.network import trained_tensors
from affectlens.model.processor import AffectProcessor
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.training.newest import newest
from affectlens.training.saving import Keeping, Saving
from affectlens.training.stopping import Stopping

ROWS = {"patches": 4, "local": 1, "temporal": 1, "audio": 1}
STEPS = 40
EVERY = 3
BATCH = 2
ACCUMULATED = 2


class Examples(Sequence[Example]):
    """Each made when it is asked for, from its number alone."""

    def __init__(self, processor: AffectProcessor, size: int) -> None:
        self.widths = streams.widths(processor.system)
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> Example:  # type: ignore[override]
        if number >= self.size:
            raise IndexError(number)
        rng = np.random.default_rng(number)
        features = {
            name: [
                Features(rng.normal(size=(4, width)).astype(np.float32), np.arange(4) / 1.0)
                for width in widths
            ]
            for name, widths in self.widths.items()
        }
        answer = ("happy", "sad", "angry")[number % 3]
        turn = Turn(question="Which emotion?", task="emotion", answer=answer)
        return Example(turns=(turn,), features=features)


class Learner(Saving):
    """In the order of the data, as training does it."""

    stopped: int | None = None

    def _get_train_sampler(self, train_dataset: Any = None) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)


class Told(TrainerCallback):
    """Every step's loss, as a line of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """The loss since the last line, exactly."""
        if "loss" in logs:
            with self.path.open("a") as file:
                file.write(json.dumps([state.global_step, logs["loss"]]) + "\n")


def arguments(folder: Path, **changes: Any) -> TrainingArguments:
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "max_steps": STEPS,
        "per_device_train_batch_size": BATCH,
        "gradient_accumulation_steps": ACCUMULATED,
        "learning_rate": 1e-2,
        "logging_steps": 2,
        "save_strategy": "steps",
        "save_steps": EVERY,
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "label_names": ["labels"],
        "prediction_loss_only": True,
    }
    return TrainingArguments(**{**settings, **changes})


def learner(
    folder: Path,
    *,
    kind: type[Learner] = Learner,
    language: bool = False,
    last: int = 2,
    **changes: Any,
) -> Learner:
    """A trainer over a model that is the same every time; `language`: its last norm learns too."""
    loaded = checkpoint.create(shrink(published("emotion_llama")), place=Place(device="cpu"))
    if language:
        loaded.model.language.model.norm.requires_grad_(requires_grad=True)
    args = arguments(folder, **changes)
    seed_everything(0)
    told = Told(folder / "told.jsonl")
    processor = loaded.processor
    folder.mkdir(parents=True, exist_ok=True)
    return kind(
        model=loaded.model,
        args=args,
        train_dataset=Examples(processor, args.max_steps * BATCH * ACCUMULATED),
        eval_dataset=Examples(processor, 4),
        data_collator=lambda examples: dict(processor(examples, training=True)),
        callbacks=[told],
        keeping=Keeping(folder=folder, processor=processor, recipe="0" * 64, last=last),
    )


def told(folder: Path) -> dict[int, set[float]]:
    """The losses that were told of each step, over all attempts."""
    found: dict[int, set[float]] = {}
    for line in (folder / "told.jsonl").read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            step, loss = json.loads(line)
            found.setdefault(step, set()).add(loss)
    return found


def go_on(folder: Path, **changes: Any) -> Learner:
    """Train from the newest checkpoint, or from the start."""
    trainer = learner(folder, **changes)
    begun = newest(trainer.keeping.checkpoints)
    with Stopping() as stopping:
        trainer.add_callback(stopping)
        trainer.train(resume_from_checkpoint=None if begun is None else str(begun))
    trainer.stopped = stopping.exit_code
    return trainer


def begin(folder: Path, rank: int = 0, world: int = 1, port: int = 0) -> int:
    """A child that trains and writes its last weights; it ends with 143 when it was stopped."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        if world > 1:
            ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_PORT": port}
            os.environ.update({name: str(value) for name, value in ranks.items()})
            os.environ.update(MASTER_ADDR="127.0.0.1", GLOO_SOCKET_IFNAME="lo")
        trainer = go_on(folder)
        status = trainer.stopped or 0
        if not status:
            save_file(trained_tensors(trainer.model), folder / f"last-{rank}.safetensors")
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        os._exit(status)


def _ended(child: int) -> bool:
    found, status = os.waitpid(child, os.WNOHANG)
    if found and status:
        raise RuntimeError(f"The training process ended with {status}.")
    return bool(found)


def _lines(folder: Path) -> int:
    path = folder / "told.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _attempt(folder: Path, rng: random.Random, *, in_save: bool, first: bool) -> bool:
    """Whether the child was killed: some steps after it began to learn, or in the save after."""
    wanted = _lines(folder) + rng.randint(1, 2)
    child = begin(folder)
    while not _ended(child):
        saves = any((folder / "checkpoints").glob(".*.part"))
        if _lines(folder) >= wanted and (saves or not in_save):
            time.sleep(0 if first else rng.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        time.sleep(0.0005)
    return False


def kill_often(folder: Path, kills: int, seed: int) -> list[list[str]]:
    """Train once in peace, then with kills until it is done; what each kill left behind."""
    os.waitpid(begin(folder / "peace"), 0)
    rng = random.Random(seed)  # noqa: S311 - moments, no secrets
    left: list[list[str]] = []
    while len(left) < kills and _attempt(
        folder / "killed", rng, in_save=len(left) % 2 == 0, first=not left
    ):
        left.append(sorted(one.name for one in (folder / "killed" / "checkpoints").glob("*")))
    os.waitpid(begin(folder / "killed"), 0)
    return left


def stop_one(folder: Path) -> list[list[int]]:
    """Two processes train in peace; then two of which one is told to stop, and two that go on.

    The exit codes of each two.
    """
    codes = [_both(folder / "peace"), _both(folder / "stopped", stop=True)]
    return [*codes, _both(folder / "stopped")]


def _both(folder: Path, *, stop: bool = False) -> list[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = [begin(folder, rank, world=2, port=port) for rank in range(2)]
    while stop and _lines(folder) < 3:
        time.sleep(0.001)
    if stop:
        os.kill(children[1], signal.SIGTERM)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def main() -> None:
    """`FOLDER kills NUMBER SEED` or `FOLDER stop`: prints what the function above gives."""
    torch.set_num_threads(1)
    folder, what, *numbers = sys.argv[1:]
    found: Any = stop_one(Path(folder)) if what == "stop" else None
    if what == "kills":
        found = kill_often(Path(folder), *map(int, numbers))
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
