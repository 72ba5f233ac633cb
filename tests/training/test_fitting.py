"""A stage from model to trained model."""

import signal
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.made_lessons import (
    ANSWERS,
    lessons_of,
    place,
    recipe_of,
    said,
    stage_of,
    tiny,
    tiny_system,
    weights,
)
from torch import nn
from transformers import TrainerCallback

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import Lora
from affectlens.training.engine import Engine, Keep
from affectlens.training.fitting import Watch, fit, ready
from affectlens.training.recipe import Group, groups

STEPS = 50


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def able() -> Loaded:
    lora = Lora(rank=16, alpha=32, targets=("q_proj", "v_proj"))
    return checkpoint.create(replace(tiny_system(), lora=lora), place=Place(device="cpu"), seed=1)


def test_it_learns_what_only_the_features_tell_and_is_left_ready_for_use(tmp_path: Path) -> None:
    loaded = able()
    stage = stage_of(batch=8, micro_batch=2)
    recipe = recipe_of(stage, engine=Engine(device="cpu"))
    fitted = fit("only", recipe, loaded, lessons_of(loaded, 8 * STEPS), place(tmp_path))
    assert fitted.steps == STEPS
    assert fitted.stopped is None
    right = sum(a == b for a, b in zip(said(loaded), ANSWERS, strict=True))
    assert right >= 7
    assert not loaded.model.training
    assert not loaded.model.config.merged
    assert "forward" not in vars(loaded.model)
    assert "use_cache" not in vars(loaded.model.config)


def test_a_stage_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    loaded, stage = tiny(), stage_of()
    recipe = recipe_of(stage, engine=Engine(device="cpu"))
    first = fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path))
    trained, again = weights(loaded), tiny()
    second = fit("only", recipe, again, lessons_of(again, 8), place(tmp_path))
    assert (first.steps, second.steps) == (2, 2)
    assert all(torch.equal(value, trained[name]) for name, value in weights(again).items())


class Asked(TrainerCallback):
    def on_save(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        signal.raise_signal(signal.SIGINT)


def test_a_signal_after_the_last_step_is_not_lost(tmp_path: Path) -> None:
    loaded, recipe = tiny(), recipe_of(stage_of(), engine=Engine(device="cpu"))
    watch = Watch(callbacks=[Asked()])
    fitted = fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path), watch)
    assert (fitted.steps, fitted.stopped) == (2, 130)
    again = tiny()
    fitted = fit("only", recipe, again, lessons_of(again, 8), place(tmp_path))
    assert (fitted.steps, fitted.stopped) == (2, None)


class Interrupted(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        if state.global_step == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize("batching", ["packed", "bucketed"])
def test_it_goes_on_bit_for_bit_where_it_was_interrupted(batching: Any, tmp_path: Path) -> None:
    stage = stage_of(micro_batch=2)
    recipe = recipe_of(
        stage, engine=Engine(device="cpu", batching=batching), keep=Keep(every=2, log_every=1)
    )
    whole = tiny(dropout=0.3)
    fit("only", recipe, whole, lessons_of(whole, 5 * 4), place(tmp_path / "whole"))
    broken, folder = tiny(dropout=0.3), place(tmp_path / "broken")
    lessons = lessons_of(broken, 5 * 4)
    with pytest.raises(KeyboardInterrupt):
        fit("only", recipe, broken, lessons, folder, Watch(callbacks=[Interrupted()]))
    again = tiny(dropout=0.3)
    fit("only", recipe, again, lessons, folder)
    assert all(torch.equal(v, weights(whole)[name]) for name, v in weights(again).items())


def test_in_sixteen_bits_what_learns_is_float32_and_a_second_stage_is_as_the_first(
    tmp_path: Path,
) -> None:
    half = Place(device="cpu", precision="bfloat16")
    loaded = checkpoint.create(tiny_system(), place=half, seed=1)
    before, stage = weights(loaded), stage_of(micro_batch=4)
    recipe = recipe_of(stage, engine=Engine(device="cpu", precision="bfloat16"))
    first = fit("only", recipe, loaded, lessons_of(loaded, 20), place(tmp_path / "1"))
    second = fit("only", recipe, loaded, lessons_of(loaded, 20), place(tmp_path / "2"))
    assert second.loss < first.loss
    kinds = {(p.requires_grad, p.dtype) for p in loaded.model.parameters()}
    assert kinds == {(True, torch.float32), (False, torch.bfloat16)}
    for name, value in weights(loaded).items():
        if value.dtype == torch.bfloat16:
            assert torch.equal(value, before[name]), name
    assert len(said(loaded)) == 8


def test_a_language_model_may_learn_whole(tmp_path: Path) -> None:
    loaded = tiny()
    before = weights(loaded)
    mine = {**groups(), "language": replace(groups()["language"], rate=0.1)}
    recipe = recipe_of(stage_of(groups=mine), engine=Engine(device="cpu"))
    fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path))
    after = weights(loaded)
    name = "language.model.layers.0.mlp.up_proj.weight"
    assert not torch.equal(before[name], after[name])
    assert checkpoint.load(
        str(place(tmp_path) / "checkpoints" / "checkpoint-000002"), place=Place(device="cpu")
    )


def test_where_only_connectors_learn_a_sample_without_streams_does_no_harm(tmp_path: Path) -> None:
    loaded = tiny()
    mine = {**groups(), "lora": Group(match=groups()["lora"].match, rate=0.0)}
    recipe = recipe_of(stage_of(groups=mine, batch=1), engine=Engine(device="cpu"))
    fitted = fit("only", recipe, loaded, lessons_of(loaded, 3, broken=[1]), place(tmp_path))
    assert fitted.steps == 3


def test_the_first_step_is_not_taken_when_groups_do_not_fit(tmp_path: Path) -> None:
    loaded = tiny()
    recipe = recipe_of(stage_of(groups={"some": Group(match=("connectors.*",))}))
    with pytest.raises(ConfigError, match="exactly one group"):
        fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path))


def test_threads_and_checkpointing_last_as_long_as_a_stage() -> None:
    loaded, stage = tiny(), stage_of()
    recipe = recipe_of(stage, engine=Engine(device="cpu", threads=2, checkpointing=True))
    with ready(loaded.model, recipe, stage):
        assert torch.get_num_threads() == 2
        assert kept_anew(loaded)
    assert torch.get_num_threads() == 1
    assert not kept_anew(loaded)


def kept_anew(loaded: Loaded) -> bool:
    """Whether activations are computed again."""
    return any(getattr(m, "gradient_checkpointing", False) for m in loaded.model.modules())


@pytest.mark.slow
def test_processes_that_read_change_nothing(tmp_path: Path) -> None:
    found = []
    for workers in (0, 2):
        loaded, stage = tiny(), stage_of()
        recipe = recipe_of(stage, engine=Engine(device="cpu", workers=workers))
        fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path / str(workers)))
        found.append(weights(loaded))
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of torch's own compiler
def test_compiled_layers_learn_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without inductor, which wants a C++ compiler and its own distutils."""
    with_inductor = nn.Module.compile
    compiled_by = partialmethod(with_inductor, backend="aot_eager")
    monkeypatch.setattr(nn.Module, "compile", compiled_by)
    found = []
    for compiled in (False, True):
        loaded, stage = tiny(), stage_of(micro_batch=4)
        recipe = recipe_of(stage, engine=Engine(device="cpu", compile=compiled))
        fit("only", recipe, loaded, lessons_of(loaded, 8), place(tmp_path / str(compiled)))
        found.append(weights(loaded))
    assert all((v - found[1][name]).abs().max() < 1e-5 for name, v in found[0].items())
