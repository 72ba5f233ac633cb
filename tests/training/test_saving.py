"""Checkpoints are whole folders of models, few stay, the best does, and a full disk harms none."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from tests.training.killed_run import Learner, learner
from transformers import TrainerCallback

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, LimitError
from affectlens.model import checkpoint
from affectlens.model.network import AffectLM, trained_tensors
from affectlens.model.processor import AffectProcessor
from affectlens.training.disk import check_room, room_wanted
from affectlens.training.newest import best, damage, newest
from affectlens.training.saving import Keeping

CPU = Place(device="cpu")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def assert_model(folder: Path, wanted: AffectLM) -> None:
    """The folder is read as any model is, and is this one."""
    found = checkpoint.load(str(folder), place=CPU).model.state_dict()
    assert found.keys() == wanted.state_dict().keys()
    for name, value in wanted.state_dict().items():
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize("language", [False, True])
def test_a_checkpoint_is_a_model_whole_where_the_language_model_learns(
    tmp_path: Path, language: bool
) -> None:
    trainer = learner(tmp_path, max_steps=4, language=language)
    trainer.train()
    last = newest(tmp_path / "checkpoints")
    assert last is not None
    assert (last / checkpoint.TRAINED).exists() != language
    assert (last / "model.safetensors").exists() == language
    assert_model(last, trainer.model)
    assert not [one for one in last.rglob("*") if one.suffix in (".bin", ".pt", ".pth", ".pkl")]


def test_the_last_few_stay_and_no_draft(tmp_path: Path) -> None:
    trainer = learner(tmp_path, max_steps=7, save_steps=2, last=2)
    trainer.train()
    assert names(tmp_path / "checkpoints") == ["checkpoint-000006", "checkpoint-000007"]


def test_a_model_is_written_on_demand(tmp_path: Path) -> None:
    trainer = learner(tmp_path, max_steps=1)
    trainer.save_model(str(tmp_path / "model"))
    assert_model(tmp_path / "model", trainer.model)
    assert "state" not in names(tmp_path / "model")
    assert not list(tmp_path.glob(".*"))


class Scored(Learner):
    """Its development metric is told beforehand, by step."""

    scores: ClassVar = {1: 0.2, 2: 0.7, 3: 0.5, 4: 0.7, 5: 0.9, 6: float("nan")}
    kept: dict[int, dict[str, torch.Tensor]]

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The metric of this step."""
        step = self.state.global_step
        tensors = trained_tensors(self.model)
        self.kept = {**getattr(self, "kept", {}), step: {k: v.clone() for k, v in tensors.items()}}
        return {"eval_uar": self.scores[step]}


def scored(folder: Path, steps: int, save_steps: int, last: int = 1, **changes: Any) -> Learner:
    settings = {
        "max_steps": steps,
        "save_steps": save_steps,
        "eval_strategy": "steps",
        "eval_steps": 1,
        "metric_for_best_model": "uar",
        "greater_is_better": True,
    }
    return learner(folder, kind=Scored, last=last, **{**settings, **changes})


def test_the_best_model_outlives_its_checkpoint(tmp_path: Path) -> None:
    """Also where no checkpoint was due at its step."""
    trainer = scored(tmp_path, steps=4, save_steps=3)
    trainer.train()
    assert best(tmp_path / "best") == {"metric": "uar", "value": 0.7, "step": 2}
    found = trained_tensors(checkpoint.load(str(tmp_path / "best"), place=CPU).model)
    assert all(torch.equal(found[name], value) for name, value in trainer.kept[2].items())
    assert names(tmp_path / "checkpoints") == ["checkpoint-000004"]
    assert not list(tmp_path.glob(".*"))


def test_a_run_that_goes_on_knows_the_best(tmp_path: Path) -> None:
    """Worse ones and equal ones do not take its place, a better one does."""
    scored(tmp_path, steps=2, save_steps=1).train()
    first = (tmp_path / "best" / "best.json").stat().st_ino
    second = scored(tmp_path, steps=4, save_steps=1)
    second.train(resume_from_checkpoint=str(newest(tmp_path / "checkpoints")))
    assert (tmp_path / "best" / "best.json").stat().st_ino == first
    third = scored(tmp_path, steps=6, save_steps=1)
    third.train(resume_from_checkpoint=str(newest(tmp_path / "checkpoints")))
    assert best(tmp_path / "best") == {"metric": "uar", "value": 0.9, "step": 5}
    assert third.state.best_metric == 0.9


def test_without_the_best_models_folder_another_is_chosen(tmp_path: Path) -> None:
    scored(tmp_path, steps=2, save_steps=1).train()
    shutil.rmtree(tmp_path / "best")
    second = scored(tmp_path, steps=3, save_steps=1)
    second.train(resume_from_checkpoint=str(newest(tmp_path / "checkpoints")))
    assert best(tmp_path / "best") == {"metric": "uar", "value": 0.5, "step": 3}


class Full(AffectProcessor):
    """Its files go to a device that is always full."""

    def save_pretrained(self, *_: Any, **__: Any) -> None:
        """Fail as a full disk does."""
        with Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_leaves_the_checkpoints_of_before_and_no_draft(tmp_path: Path) -> None:
    learner(tmp_path, max_steps=3).train()
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*") if one.is_file()}
    trainer = learner(tmp_path, max_steps=6)
    processor = Full(trainer.keeping.processor.tokenizer, system=trainer.keeping.processor.system)
    trainer.keeping = Keeping(folder=tmp_path, processor=processor)
    with pytest.raises(LimitError, match=r"checkpoint-000006 wants about .* are free"):
        trainer.train(resume_from_checkpoint=str(newest(tmp_path / "checkpoints")))
    assert names(tmp_path / "checkpoints") == ["checkpoint-000003"]
    kept = {one: one.stat().st_mtime_ns for one in before if one.name != "told.jsonl"}
    assert kept == {one: time for one, time in before.items() if one.name != "told.jsonl"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 900 kB: four checkpoints of this model."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(place)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


class Filling(TrainerCallback):
    """Another program takes all but a part of the disk while the fourth step is computed."""

    def __init__(self, disk: Path, left: int) -> None:
        self.disk = disk
        self.left = left

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before the given step."""
        if state.global_step == 3:
            taken = shutil.disk_usage(self.disk).free - self.left
            (self.disk / "other").write_bytes(bytes(taken))


@pytest.mark.parametrize("left", [0, 60_000, 140_000])
def test_a_disk_that_fills_up_harms_no_checkpoint(small_disk: Path, left: int) -> None:
    """Weights, optimizer and tokenizer are written by different libraries."""
    trainer = learner(small_disk / "run", max_steps=6, last=1)
    trainer.add_callback(Filling(small_disk, left))
    with pytest.raises(LimitError, match="checkpoint-000006"):
        trainer.train()
    only = newest(small_disk / "run" / "checkpoints")
    assert only is not None
    assert names(only.parent) == ["checkpoint-000003"]
    (small_disk / "other").unlink()
    again = learner(small_disk / "run", max_steps=6, last=1)
    again.train(resume_from_checkpoint=str(only))
    assert names(only.parent) == ["checkpoint-000006"]


def test_room_is_asked_for_before_the_first_step(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(800_000))
    with pytest.raises(LimitError, match=r"want about .* free. Make room"):
        learner(small_disk / "run", max_steps=3).train()
    assert "told.jsonl" not in names(small_disk / "run")


def test_the_room_that_is_wanted_is_about_what_is_written(tmp_path: Path) -> None:
    trainer = learner(tmp_path, max_steps=6, last=2)
    trainer.train()
    weights = (".safetensors",)
    files = [one for one in (tmp_path / "checkpoints").rglob("*") if one.suffix in weights]
    written = sum(one.stat().st_size for one in files if one.stem != "process-0")
    one = room_wanted(trainer.model, 0)
    assert 2 * one == pytest.approx(written, rel=0.15)
    assert room_wanted(trainer.model, 2) > 3 * one


def test_what_is_there_counts_as_room(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    (tmp_path / "checkpoint").write_bytes(bytes(1000))
    check_room(tmp_path, free // 2)
    with pytest.raises(LimitError, match=r"keep\.last"):
        check_room(tmp_path, 2 * free)


def test_a_checkpoint_tells_its_recipe(tmp_path: Path) -> None:
    learner(tmp_path, max_steps=1).train()
    last = newest(tmp_path / "checkpoints")
    assert last is not None
    assert damage(last) is None
    assert json.loads((last / "checkpoint.json").read_text())["recipe"] == "0" * 64


def test_the_processor_of_another_system_is_refused_and_no_draft_is_left(tmp_path: Path) -> None:
    trainer = learner(tmp_path, max_steps=1)
    other = AffectProcessor(trainer.keeping.processor.tokenizer, system=_other(trainer))
    trainer.keeping = Keeping(folder=tmp_path, processor=other)
    with pytest.raises(ConfigError, match="not of this model's system"):
        trainer.train()
    assert names(tmp_path / "checkpoints") == []


def _other(trainer: Learner) -> Any:
    from dataclasses import replace

    return replace(trainer.keeping.processor.system, name="other")
