"""Settings of a recipe as the `TrainingArguments` of transformers' Trainer."""

from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.training import sharding, zero
from affectlens.training.engine import Engine
from affectlens.training.recipe import Recipe, Stage

_MIXED = {torch.bfloat16: "bf16", torch.float16: "fp16"}  # accelerate's words


def arguments(
    recipe: Recipe, stage: Stage, steps: int, folder: Path, processes: int = 1
) -> TrainingArguments:
    """Of a stage of so many steps whose checkpoints are in `folder`; development is the caller's.

    The batch of step k is the samples [k · batch, (k + 1) · batch), whatever `processes` share it.

    Raises:
        ConfigError: the batch cannot be shared evenly, or precision, device and launcher do not
            fit; or as of `zero.settings`.
        UnavailableError: there is no such device, or DeepSpeed is wanted and not installed.
    """
    device, dtype = _place(recipe.engine)
    made = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=stage.micro_batch,
        gradient_accumulation_steps=accumulation(stage, processes),
        max_grad_norm=stage.optimizer.clip or 0.0,
        bf16=dtype is torch.bfloat16,
        fp16=dtype is torch.float16,
        use_cpu=device.type == "cpu",
        seed=recipe.seed,
        save_strategy="steps",
        save_steps=recipe.keep.every or epoch(stage, steps),
        save_total_limit=recipe.keep.last,
        metric_for_best_model=recipe.metric_of(stage),
        greater_is_better=recipe.metric_of(stage) != "loss",
        **_quiet(recipe.keep.log_every),
        **_loading(recipe.engine),
        **_sharing(device, processes),
        deepspeed=zero.settings(recipe.engine.deepspeed),
    )
    _check_launcher(made, recipe.engine, dtype)
    made._n_gpu = min(made.n_gpu, 1)  # noqa: SLF001 - else several GPUs are one DataParallel
    return made


def accumulation(stage: Stage, processes: int) -> int:
    """How many micro-batches each process takes in a step.

    Raises:
        ConfigError: the batch cannot be shared evenly.
    """
    at_once = stage.micro_batch * processes
    if stage.batch % at_once == 0:
        return stage.batch // at_once
    below = stage.batch // at_once * at_once
    fits = [str(size) for size in (below, below + at_once) if size]
    shares = [p for p in range(1, stage.batch + 1) if stage.batch % (stage.micro_batch * p) == 0]
    raise ConfigError(
        f"A batch of {stage.batch} cannot be shared by {processes} processes that take "
        f"{stage.micro_batch} at once. With so many processes a batch of {' or '.join(fits)} fits; "
        f"with this batch, {_or(shares)} processes."
    )


def epoch(stage: Stage, steps: int) -> int:
    """Steps of an epoch; the last one may be shorter."""
    return max(1, -(-steps // stage.epochs))


def _place(engine: Engine) -> tuple[torch.device, torch.dtype]:
    place = Place(device=engine.device, precision=engine.precision)
    device, dtype = place.torch_device(), place.torch_dtype()
    if device.index:
        raise ConfigError(
            f"Training takes the first GPU that it sees, not {engine.device!r}: set "
            f"CUDA_VISIBLE_DEVICES={device.index} and the device cuda."
        )
    if dtype is torch.float16 and device.type == "cpu":
        raise ConfigError("On the CPU, training is in float32 or bfloat16, not in float16.")
    return device, dtype


def _quiet(log_every: int) -> dict[str, Any]:
    """The journal is our own: no bars, no reports to services."""
    return {
        "logging_steps": log_every,
        "logging_first_step": True,
        # A loss that is not finite stops the run, so none is hidden in the logs.
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": "none",
    }


def _loading(engine: Engine) -> dict[str, Any]:
    """Each process reads its own samples, in their order."""
    workers = engine.workers
    return {
        "remove_unused_columns": False,
        "dataloader_num_workers": workers,
        "dataloader_persistent_workers": workers > 0,
        # Processes that are forked while others' threads run may hang.
        "dataloader_multiprocessing_context": "spawn" if workers else None,
        "accelerator_config": {
            "split_batches": False,
            "dispatch_batches": False,
            "even_batches": False,
            "use_seedable_sampler": False,
        },
    }


def _sharing(device: torch.device, processes: int) -> dict[str, Any]:
    return {
        # A stream that no sample of a micro-batch has leaves its connector out.
        "ddp_find_unused_parameters": True,
        "ddp_backend": "gloo" if device.type == "cpu" and processes > 1 else None,
    }


def _check_launcher(made: TrainingArguments, engine: Engine, dtype: torch.dtype) -> None:
    """What `accelerate launch` was told is not to overrule the recipe."""
    if sharding.wanted() and engine.deepspeed:
        raise ConfigError("FSDP and DeepSpeed exclude each other: leave out engine.deepspeed.")
    if made.deepspeed_plugin is not None and not engine.deepspeed:
        raise ConfigError(
            "`accelerate launch` asks for DeepSpeed and the recipe does not: name DeepSpeed's "
            "config by engine.deepspeed, or choose another launch config."
        )
    wanted = _MIXED.get(dtype, "no")
    if made.mixed_precision != wanted:
        raise ConfigError(
            f"`accelerate launch` asks for the mixed precision {made.mixed_precision}, the recipe "
            f"computes in {str(dtype).removeprefix('torch.')}: set `mixed_precision: 'no'` there; "
            "engine.precision says what is done."
        )


def _or(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))
