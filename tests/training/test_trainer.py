"""A stage's trainer: the same weights however a step is split, and nothing learned in silence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.data_loader import BatchSamplerShard
from tests.training.made_lessons import (
    lessons_of,
    place,
    recipe_of,
    stage_of,
    tiny,
    weights,
)
from torch import Tensor
from torch.utils.data import BatchSampler
from transformers import TrainerCallback

from affectlens.foundation.errors import AffectlensError, ConfigError, InputError
from affectlens.model.checkpoint import Loaded
from affectlens.training.collate import Skipped
from affectlens.training.engine import Engine, Keep
from affectlens.training.fitting import Fitted, Watch, fit
from affectlens.training.recipe import Develop, Group, Optimizer, Schedule, groups
from affectlens.training.skipping import Skipping
from affectlens.training.trainer import _InOrder

STEPS = 3


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class Noted(TrainerCallback):
    """Learning rates by step and group, and what was logged."""

    def __init__(self) -> None:
        self.rates: list[dict[str, float]] = []
        self.logs: list[dict[str, float]] = []

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        groups = now["optimizer"].param_groups
        self.rates.append({one["name"]: one["lr"] for one in groups})

    def on_log(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        self.logs.append(dict(now["logs"]))


def trained(
    folder: Path,
    *,
    loaded: Loaded | None = None,
    engine: Engine | None = None,
    broken: Sequence[int] = (),
    watch: Watch | None = None,
    steps: int = STEPS,
    scale: float = 1.0,
    **stage: Any,
) -> tuple[Loaded, Fitted]:
    loaded, one = loaded or tiny(), stage_of(**stage)
    recipe = recipe_of(one, engine=engine or Engine(device="cpu"), keep=Keep(log_every=1))
    lessons = lessons_of(loaded, steps * one.batch, broken=broken, scale=scale)
    return loaded, fit("only", recipe, loaded, lessons, place(folder), watch)


def assert_close(a: dict[str, Tensor], b: dict[str, Tensor], within: float) -> None:
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert (value - b[name]).abs().max() <= within, name


@pytest.mark.parametrize("batching", ["packed", "bucketed"])
def test_micro_batches_of_any_size_give_the_same_weights(batching: Any, tmp_path: Path) -> None:
    """One sample of the second step is broken, and one of audio's connector has no gradient."""
    settings: Any = {
        "engine": Engine(device="cpu", batching=batching),
        "optimizer": Optimizer(epsilon=1e-2),  # else rounding errors of tiny gradients are steps
    }
    found = [
        weights(trained(tmp_path / f"{size}", broken=[5], micro_batch=size, **settings)[0])
        for size in (1, 2, 4)
    ]
    assert_close(found[0], found[1], 1e-6)
    assert_close(found[0], found[2], 1e-6)
    assert any(
        (found[0][name] - value).abs().max() > 1e-3 for name, value in weights(tiny()).items()
    )


def test_the_loss_by_tokens_does_not_hang_on_micro_batches_either(tmp_path: Path) -> None:
    settings: Any = {"loss": "token", "optimizer": Optimizer(epsilon=1e-2)}  # as above
    found = [
        weights(trained(tmp_path / f"{size}", micro_batch=size, **settings)[0]) for size in (1, 4)
    ]
    assert_close(found[0], found[1], 1e-6)


def test_each_group_learns_at_its_rate_and_the_frozen_one_stays_to_the_last_bit(
    tmp_path: Path,
) -> None:
    mine = {**groups(), "lora": Group(match=groups()["lora"].match, rate=0.5)}
    schedule = Schedule(peak=1e-2, last=1e-3, start=1e-4, warmup_steps=2)
    noted = Noted()
    loaded, _ = trained(
        tmp_path, watch=Watch(callbacks=[noted]), groups=mine, schedule=schedule, steps=4
    )
    base = [rates["connectors"] for rates in noted.rates]
    assert base == pytest.approx([1e-4, 5.05e-3, 5.5e-3, 2.3180194846605363e-3], rel=1e-15)
    assert [rates["lora"] for rates in noted.rates] == [rate * 0.5 for rate in base]
    assert [logs["learning_rate"] for logs in noted.logs if "loss" in logs] == base
    before, after = weights(tiny()), weights(loaded)
    for name, value in after.items():
        is_trained = name.startswith("connectors.") or ".lora_" in name
        assert is_trained or torch.equal(value, before[name]), name


def test_activations_computed_again_give_the_same_gradients(tmp_path: Path) -> None:
    plain, _ = trained(tmp_path / "plain", micro_batch=4)
    again, _ = trained(
        tmp_path / "again", micro_batch=4, engine=Engine(device="cpu", checkpointing=True)
    )
    assert_close(weights(plain), weights(again), 0.0)


def test_clipping_holds_the_norm_of_a_step(tmp_path: Path) -> None:
    free, held = Noted(), Noted()
    trained(tmp_path / "free", watch=Watch(callbacks=[free]), steps=1)
    clip = Optimizer(clip=1e-9)  # so small that AdamW's epsilon shows
    loaded, _ = trained(tmp_path / "held", watch=Watch(callbacks=[held]), steps=1, optimizer=clip)
    assert held.logs[0]["grad_norm"] == pytest.approx(free.logs[0]["grad_norm"])
    plain, _ = trained(tmp_path / "plain", steps=1)
    moved = [(weights(one)["connectors.audio.linear.weight"]) for one in (loaded, plain)]
    start = weights(tiny())["connectors.audio.linear.weight"]
    assert (moved[0] - start).abs().max() < (moved[1] - start).abs().max() / 5


def test_logs_tell_samples_tokens_and_broken_ones(tmp_path: Path) -> None:
    noted, told = Noted(), list[Skipped]()
    _, fitted = trained(
        tmp_path, broken=[5], watch=Watch(callbacks=[noted], on_broken=told.extend), epochs=2
    )
    steps = [logs for logs in noted.logs if "loss" in logs]
    assert [logs["samples"] for logs in steps] == [4, 3, 4]
    assert [logs["broken"] for logs in steps] == [0, 1, 0]
    assert all(logs["tokens"] > 4 * 50 for logs in steps)
    assert [logs["epoch"] for logs in steps] == pytest.approx([2 / 3, 4 / 3, 2])
    assert [(one.position, one.reason) for one in told] == [(5, "its file is empty")]
    assert fitted.loss == pytest.approx(sum(logs["loss"] for logs in steps) / 3, rel=1e-5)


def test_too_many_broken_samples_stop_the_run_and_are_named() -> None:
    told = list[Skipped]()
    count = Skipping(0.1, told.extend)
    count(20, [Skipped("a", "gone", 3)])
    count(10, [Skipped("b", "gone", 24), Skipped("c", "gone", 25), Skipped("d", "gone", 26)])
    with pytest.raises(InputError, match=r"5 of 31 samples .*0\.1(.|\n)*- e: torn(.|\n)*`broken`"):
        count(1, [Skipped("e", "torn", 30)])
    assert [one.name for one in told] == ["a", "b", "c", "d", "e"]


def test_one_broken_sample_that_comes_early_is_no_share_yet() -> None:
    count = Skipping(0.01, lambda skipped: None)
    count(30, [Skipped("a", "gone", 3)])
    with pytest.raises(InputError, match="2 of 60"):
        count(30, [Skipped("b", "gone", 31)])
    with pytest.raises(InputError, match="1 of 30"):
        Skipping(0.0, lambda skipped: None)(30, [Skipped("a", "gone", 3)])


def test_a_stage_of_broken_samples_alone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"All 8 samples are broken(.|\n)*its file is empty"):
        trained(tmp_path, broken=range(8), steps=2)


def test_a_loss_that_is_not_finite_stops_before_the_step_and_names_the_samples(
    tmp_path: Path,
) -> None:
    loaded = tiny()
    with pytest.raises(
        AffectlensError, match=r"step 1 of 3 are no finite.*in (made: )?clip\d.*clip\d\."
    ):
        trained(tmp_path, loaded=loaded, scale=1e38, micro_batch=2)
    assert_close(weights(loaded), weights(tiny()), 0.0)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_gradients_that_are_not_finite_stop_before_the_step_though_the_loss_is(
    tmp_path: Path,
) -> None:
    loaded = tiny()
    weight = loaded.model.get_parameter("connectors.audio.linear.weight")
    weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(AffectlensError, match=r"step 1 of 3 are no finite"):
        trained(tmp_path, loaded=loaded)
    assert_close(weights(loaded), weights(tiny()), 0.0)


def test_development_comes_every_so_often_and_the_best_is_told(tmp_path: Path) -> None:
    scores = iter([0.2, 0.8, 0.4])
    modes: list[bool] = []

    def develop(model: Any) -> dict[str, float]:
        modes.append(model.training)
        return {"uar": next(scores), "loss": 1.0}

    loaded, stage = tiny(), stage_of()
    recipe = recipe_of(stage, engine=Engine(device="cpu"), develop=Develop(every=2))
    lessons = lessons_of(loaded, 5 * stage.batch)
    fitted = fit("only", recipe, loaded, lessons, place(tmp_path), Watch(develop=develop))
    assert fitted.best == {"metric": "uar", "value": 0.8, "step": 4}
    assert modes == [False] * 3


def test_development_changes_nothing_of_what_is_learned(tmp_path: Path) -> None:
    def develop(model: Any) -> dict[str, float]:
        return {"uar": float(torch.rand(()))}

    looked, _ = trained(tmp_path / "a", loaded=tiny(dropout=0.5), watch=Watch(develop=develop))
    alone, _ = trained(tmp_path / "b", loaded=tiny(dropout=0.5))
    assert_close(weights(looked), weights(alone), 0.0)


def test_a_metric_that_development_does_not_give_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"develop\.metric is uar.*it gave loss"):
        trained(tmp_path, watch=Watch(develop=lambda model: {"loss": 1.0}))


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_a_step_takes_the_same_samples_whatever_number_of_processes(processes: int) -> None:
    """Accelerate shares micro-batches out; the batch of a step is eight samples."""
    sampler = _InOrder(lambda step: list(range(8 * step, 8 * step + 8)), 5, lambda: 3)
    shards = [
        list(
            BatchSamplerShard(
                BatchSampler(sampler, 2, drop_last=False), processes, rank, even_batches=False
            )
        )
        for rank in range(processes)
    ]
    each = 4 // processes
    for step in range(5):
        taken = [i for shard in shards for m in shard[each * step : each * (step + 1)] for i in m]
        assert sorted(taken) == list(range(8 * step, 8 * step + 8))
