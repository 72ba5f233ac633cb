"""A recipe's settings become Trainer's."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from tests.training.made_lessons import recipe_of, stage_of

from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.training.arguments import accumulation, arguments, epoch
from affectlens.training.engine import Engine, Keep
from affectlens.training.recipe import Develop, Optimizer


def made(tmp_path: Path, *, engine: Engine | None = None, steps: int = 100, **stage: Any) -> Any:
    one = stage_of(**stage)
    recipe = recipe_of(one, engine=engine or Engine(device="cpu"), keep=Keep(log_every=7))
    return arguments(recipe, one, steps, tmp_path)


@pytest.mark.parametrize(
    ("batch", "micro_batch", "processes", "expected"),
    [(4, 1, 1, 4), (4, 1, 4, 1), (4, 2, 2, 1), (24, 3, 2, 4)],
)
def test_what_one_process_does_not_take_at_once_is_accumulated(
    batch: int, micro_batch: int, processes: int, expected: int
) -> None:
    assert accumulation(stage_of(batch=batch, micro_batch=micro_batch), processes) == expected


def test_a_batch_that_cannot_be_shared_is_refused_with_what_fits() -> None:
    with pytest.raises(ConfigError, match=r"batch of 3 or 6 fits.*1 or 2 or 4 processes"):
        accumulation(stage_of(batch=4), 3)
    with pytest.raises(ConfigError, match=r"batch of 16 fits.*1 processes"):
        accumulation(stage_of(batch=8, micro_batch=8), 2)


def test_precision_is_float32_on_the_cpu_unless_told(tmp_path: Path) -> None:
    plain = made(tmp_path)
    assert (plain.bf16, plain.fp16, plain.use_cpu) == (False, False, True)
    half = made(tmp_path, engine=Engine(device="cpu", precision="bfloat16"))
    assert (half.bf16, half.fp16) == (True, False)


def test_float16_is_not_for_the_cpu(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not in float16"):
        made(tmp_path, engine=Engine(device="cpu", precision="float16"))


def test_without_a_greatest_norm_nothing_is_clipped(tmp_path: Path) -> None:
    assert made(tmp_path).max_grad_norm == 0
    assert made(tmp_path, optimizer=Optimizer(clip=2.5)).max_grad_norm == 2.5


def test_a_checkpoint_comes_with_each_epoch_unless_told(tmp_path: Path) -> None:
    assert made(tmp_path, steps=100, epochs=3).save_steps == 34
    assert epoch(stage_of(epochs=3), 2) == 1
    stage = stage_of()
    kept = arguments(recipe_of(stage, keep=Keep(every=5, last=3)), stage, 100, tmp_path)
    assert (kept.save_steps, kept.save_total_limit) == (5, 3)


@pytest.mark.parametrize(("metric", "greater"), [("uar", True), ("loss", False)])
def test_the_best_is_the_greatest_score_or_the_least_loss(
    metric: Any, greater: bool, tmp_path: Path
) -> None:
    stage = stage_of()
    recipe = recipe_of(stage, develop=Develop(metric=metric))
    found = arguments(recipe, stage, 10, tmp_path)
    assert (found.metric_for_best_model, found.greater_is_better) == (metric, greater)


def test_it_reports_to_nobody_and_hides_no_loss(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found.report_to == []
    assert not found.logging_nan_inf_filter
    assert found.logging_steps == 7
    assert not found.remove_unused_columns


def test_workers_are_started_afresh_and_stay(tmp_path: Path) -> None:
    assert made(tmp_path).dataloader_multiprocessing_context is None
    found = made(tmp_path, engine=Engine(device="cpu", workers=2))
    assert found.dataloader_num_workers == 2
    assert found.dataloader_multiprocessing_context == "spawn"
    assert found.dataloader_persistent_workers


@pytest.mark.skipif(
    importlib.util.find_spec("deepspeed") is not None, reason="DeepSpeed is installed"
)
def test_deepspeed_is_wanted_and_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="pip install deepspeed"):
        made(tmp_path, engine=Engine(device="cpu", deepspeed="ds.json"))
