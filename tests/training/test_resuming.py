"""A run that is stopped and goes on learns the same, bit for bit."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.killed_run import Learner, Told, learner, told
from transformers import TrainerCallback

from affectlens.foundation.errors import InputError
from affectlens.training.newest import newest
from affectlens.training.stopping import Stopping

STEPS = 8


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class SignalAt(TrainerCallback):
    """This process is told to stop while a step is computed."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before the given step."""
        if state.global_step + 1 == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


class Restless(Learner):
    """Its development passes and its journal draw random numbers, more from time to time."""

    drawn = 0

    def evaluate(self, *args: Any, **settings: Any) -> dict[str, float]:
        """The loss, after some noise."""
        self._draw()
        metrics: dict[str, float] = super().evaluate(*args, **settings)
        return metrics

    def _draw(self) -> None:
        Restless.drawn += 1
        torch.rand(Restless.drawn)
        np.random.rand(Restless.drawn)  # noqa: NPY002


def trained(folder: Path, *, stop: int | None = None, **changes: Any) -> Learner:
    trainer = learner(folder, max_steps=STEPS, **changes)
    begun = newest(trainer.keeping.checkpoints)
    with Stopping() as stopping:
        trainer.add_callback(stopping)
        if stop is not None:
            trainer.add_callback(SignalAt(stop))
        trainer.train(resume_from_checkpoint=None if begun is None else str(begun))
    assert stopping.exit_code == (None if stop is None else 143)
    assert trainer.state.global_step == (STEPS if stop is None else stop)
    return trainer


def weights(trainer: Learner) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = trainer.model.state_dict()
    return found


def assert_same(one: Learner, other: Learner) -> None:
    theirs = weights(other)
    assert all(torch.equal(value, theirs[name]) for name, value in weights(one).items())
    assert told(one.keeping.folder) == told(other.keeping.folder)


@pytest.mark.parametrize(
    ("stops", "changes"),
    [
        ((5, 7), {}),
        ((5,), {"language": True, "gradient_accumulation_steps": 1, "save_steps": 100}),
        (
            (5,),
            {
                "logging_steps": 4,
                "eval_strategy": "steps",
                "eval_steps": 3,
                "lr_scheduler_type": "cosine",
                "warmup_steps": 4,
                "optim": "adamw_torch_fused",
            },
        ),
    ],
    ids=["accumulated", "language", "developed"],
)
def test_stops_within_an_epoch_change_no_bit(
    tmp_path: Path, stops: tuple[int, ...], changes: dict[str, Any]
) -> None:
    """Between checkpoints, and between lines of the journal."""
    whole = trained(tmp_path / "whole", **changes)
    for stop in stops:
        trained(tmp_path / "stopped", stop=stop, **changes)
    assert_same(whole, trained(tmp_path / "stopped", **changes))
    assert max(map(len, told(tmp_path / "stopped").values())) == 1


def test_the_runs_compared_have_dropout_and_learn(tmp_path: Path) -> None:
    trainer = learner(tmp_path, max_steps=2)
    names = [name for name, one in trainer.model.named_modules() if "lora_dropout" in name]
    assert any(isinstance(trainer.model.get_submodule(name), torch.nn.Dropout) for name in names)
    before = {name: value.clone() for name, value in weights(trainer).items()}
    trainer.train()
    changed = {name for name, value in weights(trainer).items() if not value.equal(before[name])}
    assert any(".lora_A." in name for name in changed)
    assert any(name.startswith("connectors.") for name in changed)


def test_development_passes_do_not_disturb_what_is_learned(tmp_path: Path) -> None:
    """Not even such as draw other random numbers each time."""
    plain = learner(tmp_path / "plain", max_steps=STEPS)
    plain.train()
    restless = learner(
        tmp_path / "restless", max_steps=STEPS, kind=Restless, eval_strategy="steps", eval_steps=2
    )
    restless.train()
    assert Restless.drawn == STEPS // 2
    assert_same(plain, restless)


def test_lines_of_the_journal_draw_nothing(tmp_path: Path) -> None:
    class Drawing(Told):
        def on_log(self, *args: Any, **given: Any) -> None:
            torch.rand(3)
            super().on_log(*args, **given)

    plain = learner(tmp_path / "plain", max_steps=4)
    plain.train()
    drawing = learner(tmp_path / "drawing", max_steps=4)
    drawing.remove_callback(Told)
    drawing.add_callback(Drawing(tmp_path / "drawing" / "told.jsonl"))
    drawing.train()
    assert_same(plain, drawing)


class Counting(Learner):
    """Counts batches since the run began, as a journal does."""

    seen = 0

    def counts(self) -> dict[str, Any]:
        """So far."""
        return {"seen": self.seen}

    def recall(self, counts: dict[str, Any]) -> None:
        """Of before, and those made since."""
        self.seen += counts["seen"]

    def get_batch_samples(self, *args: Any) -> Any:
        """One more."""
        self.seen += 1
        return super().get_batch_samples(*args)


def test_what_a_trainer_counts_goes_on(tmp_path: Path) -> None:
    trained(tmp_path, stop=3, kind=Counting)
    again = trained(tmp_path, kind=Counting)
    assert isinstance(again, Counting)
    assert again.seen == STEPS


def test_a_done_run_that_goes_on_does_nothing(tmp_path: Path) -> None:
    whole = trained(tmp_path / "run")
    before = (tmp_path / "run" / "told.jsonl").read_bytes()
    again = trained(tmp_path / "run")
    assert_same(whole, again)
    assert (tmp_path / "run" / "told.jsonl").read_bytes() == before


def test_another_number_of_processes_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trained(tmp_path, stop=5)
    begun = newest(tmp_path / "checkpoints")
    assert begun is not None
    path = begun / "state" / "process-0.json"
    path.write_text(path.read_text().replace('["processes", 1]', '["processes", 2]'))
    trainer = learner(tmp_path, max_steps=STEPS)
    trainer.train(resume_from_checkpoint=str(begun))
    assert "another number of processes" in caplog.text


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    trained(tmp_path, stop=5)
    begun = newest(tmp_path / "checkpoints")
    trainer = learner(tmp_path, max_steps=STEPS, language=True)
    with pytest.raises(InputError, match="not those of the model in training"):
        trainer.train(resume_from_checkpoint=str(begun))
