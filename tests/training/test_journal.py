"""The journal has every step once, also of a run that was killed and went on."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import Trainer, TrainingArguments

from affectlens.foundation.errors import InputError
from affectlens.training import figures
from affectlens.training.bars import hush
from affectlens.training.journal import Clock, Journal, parameters
from affectlens.training.recipe import Group


class Line(nn.Module):
    """The smallest model that a Trainer trains."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": ((self.weight * x - labels) ** 2).mean()}


class Telling(Trainer):
    """Tells what ours tells: samples and tokens since the line before."""

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs |= {"samples": 8, "tokens": 80, "broken": 1}
        super().log(logs, start_time)


DATA = [{"x": float(i), "labels": 2.0 * i} for i in range(4)] * 8


def train(
    at: Path, *, steps: int = 8, resume: int | None = None, every: int = 2, **more: Any
) -> Journal:
    """Steps of a stage; lines are written at each second one, checkpoints at each fourth."""
    journal = Journal(
        at / "journal.jsonl",
        "one",
        facts={"seed": 3, "data": {"toy": {"clips": 4}}},
        details=lambda: {"confusion": {"labels": ["sad"]}},
        **more,
    )
    arguments = TrainingArguments(
        output_dir=str(at),
        max_steps=8,
        per_device_train_batch_size=4,
        logging_steps=every,
        save_steps=4,
        learning_rate=1e-3,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
        seed=0,
    )
    trainer = Telling(
        model=Line(), args=arguments, train_dataset=DATA, callbacks=[journal, _Halt(steps)]
    )
    hush(trainer)
    trainer.train(
        resume_from_checkpoint=None if resume is None else str(at / f"checkpoint-{resume}")
    )
    return journal


class _Halt(Journal.__base__):  # type: ignore[name-defined]
    """Breaks off like a kill: nothing of the end is heard."""

    def __init__(self, after: int) -> None:
        self._after = after

    def on_step_begin(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        if state.global_step == self._after < 8:
            raise KeyboardInterrupt


def lines(at: Path, kind: str) -> list[dict[str, Any]]:
    return [one for one in figures.ledger(at / "journal.jsonl").read() if one["kind"] == kind]


def test_a_stage_is_told_from_its_start_to_its_end(tmp_path: Path) -> None:
    train(tmp_path)
    (start,) = lines(tmp_path, "start")
    assert (start["seed"], start["data"], start["steps"]) == (3, {"toy": {"clips": 4}}, 8)
    assert start["parameters"] == {"all": {"trained": 1, "frozen": 0}}
    assert {"torch", "transformers"} <= start["packages"].keys()
    steps = lines(tmp_path, "step")
    assert [one["step"] for one in steps] == [2, 4, 6, 8]
    assert [one["samples"] for one in steps] == [8, 16, 24, 32]
    assert [one["broken"] for one in steps] == [1, 2, 3, 4]
    assert steps[0]["loss"] > steps[-1]["loss"] > 0
    assert all(one["samples_per_s"] > 0 and one["peak_memory_bytes"] > 2**20 for one in steps)
    assert [one["step"] for one in lines(tmp_path, "checkpoint")] == [4, 8]
    assert [one["step"] for one in lines(tmp_path, "end")] == [8]
    assert lines(tmp_path, "stopped") == []


@pytest.mark.parametrize("every", [3, 5, 8, 100])
def test_the_last_step_is_told_whatever_stands_between_lines(tmp_path: Path, every: int) -> None:
    train(tmp_path, every=every)
    steps = [one["step"] for one in lines(tmp_path, "step")]
    assert steps[-1] == 8
    assert len(steps) == len(set(steps))


def test_the_rate_of_a_line_is_the_one_that_its_step_was_learned_with(tmp_path: Path) -> None:
    train(tmp_path)
    # Linear from 1e-3 to 0 over 8 steps: the second one, counted from 0, has 7/8 of it.
    assert lines(tmp_path, "step")[0]["rates"] == pytest.approx({"0": 7e-3 / 8, "1": 7e-3 / 8})


def test_a_killed_run_that_goes_on_has_every_step_once_and_the_same_losses(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", steps=7)
    assert [one["step"] for one in lines(tmp_path / "cut", "step")] == [2, 4, 6]
    train(tmp_path / "cut", resume=4)
    whole, cut = (lines(tmp_path / name, "step") for name in ("whole", "cut"))
    for name in ("step", "loss", "samples", "tokens", "broken", "rates"):
        assert [one[name] for one in cut] == [one[name] for one in whole], name
    assert [one["step"] for one in lines(tmp_path / "cut", "resumed")] == [4]
    assert len(lines(tmp_path / "cut", "start")) == 1
    assert cut[-1]["seconds"] > cut[1]["seconds"]


def test_a_stage_that_begins_anew_leaves_other_stages_alone(tmp_path: Path) -> None:
    figures.write(tmp_path / "journal.jsonl", "end", "before", 9)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, steps=3)
    train(tmp_path)
    told = figures.read(tmp_path / "journal.jsonl")
    assert list(told) == ["before", "one"]
    assert told["before"].ended
    assert len(lines(tmp_path, "start")) == 1
    assert [one["step"] for one in told["one"].steps] == [2, 4, 6, 8]


def test_why_it_stopped_is_written_at_the_step_where_it_did(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", "one")
    journal.stopped("before anything began, which process writes is not known")
    assert not (tmp_path / "journal.jsonl").exists()
    journal = train(tmp_path)
    journal.stopped("The disk is full.")
    (stopped,) = lines(tmp_path, "stopped")
    assert (stopped["step"], stopped["reason"]) == (8, "The disk is full.")


def test_numbers_that_are_not_finite_are_named_and_stay_json(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    figures.write(path, "step", "one", 1, loss=math.nan, rates={"lora": math.inf}, samples=4)
    record = json.loads(path.read_text())
    assert (record["loss"], record["rates"], record["samples"]) == (None, {"lora": None}, 4)
    assert record["not_finite"] == ["loss", "rates.lora"]


def test_a_journal_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"schema": "other/1"}\n')
    with pytest.raises(InputError, match="other/1"):
        figures.read(tmp_path / "journal.jsonl")


def test_pauses_are_no_training() -> None:
    clock = Clock()
    clock.mark()
    clock._marked -= 60.0  # a minute ago
    clock._since -= 61.0
    clock.pause()
    assert 1.0 <= clock.lap() < 2.0


def test_tensorboard_has_the_same_numbers_each_step_once(tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    curves = tmp_path / "tensorboard" / "one"
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, steps=7, curves=curves)
    train(tmp_path, resume=4, curves=curves)
    told = reader.EventAccumulator(str(curves)).Reload()
    written = lines(tmp_path, "step")
    for tag, values in {
        "train/loss": [one["loss"] for one in written],
        "train/rates/0": [one["rates"]["0"] for one in written],
        "train/samples": [one["samples"] for one in written],
    }.items():
        found = told.Scalars(tag)
        assert [one.step for one in found] == [2, 4, 6, 8], tag
        assert [one.value for one in found] == pytest.approx(values), tag


def test_parameters_are_counted_by_group_learning_or_not() -> None:
    net = nn.ModuleDict({"connectors": nn.Linear(3, 4), "language": nn.Linear(4, 2)})
    net["language"].requires_grad_(requires_grad=False)
    net["language"].bias.requires_grad_()
    groups = {"one": Group(match=("connectors.*",)), "rest": Group(match=("language.*",))}
    assert parameters(net, groups) == {
        "one": {"trained": 16, "frozen": 0},
        "rest": {"trained": 2, "frozen": 8},
    }
