"""What the trainers of this folder are made with, and the model as they train it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from affectlens.model.checkpoint import Loaded
from affectlens.training.arguments import arguments, epoch
from affectlens.training.fitting import Watch, processes, ready
from affectlens.training.preference.pairs import Pairs
from affectlens.training.preference.questions import Questions
from affectlens.training.recipe import Recipe
from affectlens.training.saving import Keeping
from affectlens.training.skipping import Skipping
from affectlens.training.staged import Terms
from affectlens.training.stopping import Stopping


@dataclass(frozen=True, slots=True)
class Prepared:
    """Arguments of a `PreferenceTrainer`, all but its collator."""

    settings: dict[str, Any]
    stopping: Stopping


@contextmanager
def prepared(
    name: str,
    recipe: Recipe,
    loaded: Loaded,
    samples: Pairs | Questions,
    folder: Path,
    watch: Watch | None,
) -> Iterator[Prepared]:
    """A stage of `samples` in its folder; afterwards the model is as it is used.

    Raises:
        ConfigError: recipe, model and number of processes do not fit together.
        InputError: not one sample was whole.
    """
    stage, watch = recipe.stages[name], watch or Watch()
    steps = len(samples) // stage.batch
    args = arguments(recipe, stage, steps, folder / "checkpoints", processes())
    told = watch.on_broken if args.process_index == 0 else Watch().on_broken
    skipping = Skipping(recipe.broken, told)
    settings = {
        "model": loaded.model,
        "args": args,
        "terms": Terms(
            stage=stage,
            steps=steps,
            develop=watch.develop,
            develop_every=recipe.develop.every or epoch(stage, steps),
        ),
        "keeping": Keeping(
            folder=folder,
            processor=loaded.processor,
            recipe=recipe.sha256,
            last=recipe.keep.last,
        ),
        "train_dataset": samples,
        "skipping": skipping,
    }
    with ready(loaded.model, recipe, stage), _still(loaded.model), Stopping() as stopping:
        callbacks = [*watch.callbacks, stopping]
        yield Prepared({**settings, "callbacks": callbacks}, stopping)
    skipping.check()


@contextmanager
def _still(model: nn.Module) -> Iterator[None]:
    """Without dropout: chance must not look like a difference from the stage's start."""
    shares = {one: one.p for one in model.modules() if isinstance(one, nn.Dropout)}
    try:
        for one in shares:
            one.p = 0.0
        yield
    finally:
        for one, share in shares.items():
            one.p = share
