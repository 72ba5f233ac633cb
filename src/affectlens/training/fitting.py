"""`fit`: one stage, from a model to the same model trained, going on where it was stopped."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from transformers.modeling_layers import GradientCheckpointingLayer

from affectlens.foundation.seeding import seed_everything
from affectlens.model import packed
from affectlens.model.checkpoint import Loaded
from affectlens.model.network import AffectLM
from affectlens.training import groups, processes
from affectlens.training.arguments import arguments, epoch
from affectlens.training.bars import hush
from affectlens.training.collate import Collator, Skipped
from affectlens.training.engine import Engine
from affectlens.training.lessons import Lessons
from affectlens.training.newest import newest
from affectlens.training.recipe import Recipe, Stage
from affectlens.training.saving import Keeping
from affectlens.training.skipping import Skipping
from affectlens.training.staged import Developing, Terms
from affectlens.training.stopping import Stopping
from affectlens.training.trainer import StageTrainer


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Who looks on while a stage trains."""

    develop: Developing | None = None  # the same numbers in all processes
    callbacks: Sequence[TrainerCallback] = ()
    on_broken: Callable[[Sequence[Skipped]], None] = lambda skipped: None  # of all processes


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """How a stage went."""

    steps: int  # that are done, those of earlier sessions included
    loss: float  # mean over the steps of this session
    seconds: float  # of this session
    stopped: int | None = None  # exit code, when a signal was caught; at its end too
    best: Mapping[str, Any] | None = None  # metric, value and step, where it was developed


def fit(
    name: str,
    recipe: Recipe,
    loaded: Loaded,
    lessons: Lessons,
    folder: Path,
    watch: Watch | None = None,
) -> Fitted:
    """Train a stage in its folder, from the newest whole checkpoint there; the model is changed.

    Afterwards it is in eval mode, with its LoRA beside the language model. The stage has as many
    steps as `lessons` make whole batches.

    Raises:
        ConfigError: recipe, model and number of processes do not fit together.
        InputError: too many samples are broken.
        LimitError: the disk is full.
        AffectlensError: the loss is no finite number.
    """
    batching = recipe.engine.batching
    collator = Collator(loaded.processor, batching, recipe.stages[name].loss)
    with begun(name, recipe, loaded, lessons, folder, watch) as train:
        return train(StageTrainer, data_collator=collator, bucketed=batching == "bucketed")


@contextmanager
def begun(
    name: str,
    recipe: Recipe,
    loaded: Loaded,
    samples: Sized,
    folder: Path,
    watch: Watch | None,
) -> Iterator[Callable[..., Fitted]]:
    """How a stage of `samples` is trained: by which `StageTrainer`, and with what more for it.

    Meanwhile the model is as a stage trains it, afterwards as it is used; raises as of `fit`.
    """
    stage, watch = recipe.stages[name], watch or Watch()
    steps = len(samples) // stage.batch
    args = arguments(recipe, stage, steps, folder / "checkpoints", processes.count())
    tells = args.process_index == 0
    skipping = Skipping(recipe.broken, watch.on_broken if tells else Watch().on_broken)
    every = recipe.develop.every or epoch(stage, steps)
    terms = Terms(stage=stage, steps=steps, develop=watch.develop, develop_every=every)
    keeping = Keeping(
        folder=folder,
        processor=loaded.processor,
        recipe=recipe.sha256,
        last=recipe.keep.last,
    )
    with ready(loaded.model, recipe, stage), Stopping() as stopping:

        def train(trainer: type[StageTrainer], **more: Any) -> Fitted:
            made = trainer(
                model=loaded.model,
                args=args,
                terms=terms,
                keeping=keeping,
                train_dataset=samples,
                skipping=skipping,
                callbacks=[*watch.callbacks, stopping],
                **more,
            )
            return _run(made, recipe.seed, stopping)

        yield train
    skipping.check()


def _run(trainer: StageTrainer, seed: int, stopping: Stopping) -> Fitted:
    """Let a stage's trainer work, from the newest whole checkpoint."""
    hush(trainer)
    # As that of the published runs: chance differs from process to process.
    seed_everything(seed + trainer.args.process_index)
    started = time.monotonic()
    found = newest(trainer.keeping.checkpoints)
    done = trainer.train(resume_from_checkpoint=None if found is None else str(found))
    step, state = done.global_step, trainer.state
    best = None
    if state.best_global_step is not None:
        best = {
            "metric": trainer.args.metric_for_best_model,
            "value": state.best_metric,
            "step": state.best_global_step,
        }
    return Fitted(
        steps=step,
        loss=done.training_loss,
        seconds=time.monotonic() - started,
        stopped=stopping.exit_code,
        best=best,
    )


@contextmanager
def ready(model: AffectLM, recipe: Recipe, stage: Stage) -> Iterator[None]:
    """A model as a stage trains it; afterwards as it is used.

    Raises:
        ConfigError: as of `groups.settle`.
    """
    groups.settle(model, stage.groups)
    engine = recipe.engine
    threads, attention = torch.get_num_threads(), packed.attention(model.language)
    layers = [m for m in model.language.modules() if isinstance(m, GradientCheckpointingLayer)]
    try:
        torch.set_num_threads(engine.threads or threads)
        _attend(model, engine, stage)
        if engine.checkpointing:
            _switch_checkpointing(model, "enable", {"use_reentrant": False})
            # Else gradients would be computed down to the embeddings.
            model.disable_input_require_grads()
        if engine.compile:  # whole, it would break at the streams, which differ in every batch
            for layer in layers:
                layer.compile(dynamic=True)
        yield
    finally:
        for layer in layers:
            layer._compiled_call_impl = None  # noqa: SLF001 - torch has no other way back
        if engine.checkpointing:
            _switch_checkpointing(model, "disable")
        for name in ("forward", "_original_forward", "_is_accelerate_prepared"):
            model.__dict__.pop(name, None)  # accelerate's; another stage wants its own
        model.set_attn_implementation(attention)
        torch.set_num_threads(threads)
        model.eval()


def _attend(model: AffectLM, engine: Engine, stage: Stage) -> None:
    """Choose the attention; packed samples are attended to one by one."""
    model.set_attn_implementation(engine.attention)
    if engine.batching == "packed" and stage.method == "instruct":
        packed.prepare(model)


def _switch_checkpointing(model: AffectLM, way: str, *how: object) -> None:
    """Compute activations again instead of keeping them; transformers' name for it changed."""
    kind = "activation" if hasattr(model, "activation_checkpointing_enable") else "gradient"
    getattr(model, f"{kind}_checkpointing_{way}")(*how)
