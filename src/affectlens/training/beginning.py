"""What a run begins with: the system that a recipe declares, and its weights."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.model import enclosed
from affectlens.model.declaration import System
from affectlens.model.published import published
from affectlens.training.engine import Engine
from affectlens.training.recipe import Recipe

if TYPE_CHECKING:
    from affectlens.model.checkpoint import Loaded

_ROOT = "root"  # in a recipe, for weights whose names have nothing before them
# What may differ between a checkpoint and the recipe: words for people, and where weights lie.
_WORDS = ("paper", "licence", "exact", "language")


def system_of(recipe: Recipe) -> System:
    """The system, at its size, over the language model that was chosen.

    Raises:
        ConfigError: there is no such system or setting, or they do not fit together.
    """
    system = published(recipe.system.name, **recipe.system.settings)
    if recipe.size == "tiny":
        from affectlens.model.tiny import shrink  # loads torch

        return shrink(system, recipe.language or "tiny:llama")
    if recipe.language:
        return dataclasses.replace(system, language=recipe.language)
    return system


def place_of(engine: Engine) -> Place:
    """Where a model is loaded; a GPU is each process's own.

    Raises:
        UnavailableError: the attention that is wanted cannot be had there.
    """
    from transformers.utils import is_flash_attn_2_available

    if engine.attention == "flash_attention_2" and not is_flash_attn_2_available():
        raise UnavailableError(
            "engine.attention is flash_attention_2, which wants a GPU and the package flash-attn. "
            "Install it, or leave engine.attention at sdpa."
        )
    return Place(device=engine.device, precision=engine.precision)


def begin(recipe: Recipe, system: System) -> tuple["Loaded", tuple[str, ...]]:
    """The model before the first stage, and what is told of it.

    Raises:
        ConfigError: the checkpoint to start from is of another system.
        InputError: it is no model, or is damaged; UnavailableError: it is not to be had.
    """
    from affectlens.model import checkpoint

    engine, start = recipe.engine, recipe.start
    place = place_of(engine)
    if start.model:
        loaded = resume_from(start.model, recipe)
        theirs = loaded.processor.system
        _refuse_other(theirs, system_of(recipe), start.model)
        # A school may have taught encoders anew.
        own = dataclasses.replace(theirs, streams=system.streams)
        loaded.model.config.system, loaded.processor.system = own.as_json(), own
        return loaded, (f"Begins from {start.model}.",)
    if start.parts:
        parts = {_prefix(name): Path(one) for name, one in start.parts.items()}
        begun = checkpoint.start(system, parts, place=place, seed=recipe.seed, bits=engine.bits)
        told = f"Begins from {', '.join(start.parts.values())}"
        drawn = f"; {len(begun.drawn)} tensors are new" if begun.drawn else ""
        return checkpoint.Loaded(begun.model, begun.processor), (f"{told}{drawn}.",)
    made = checkpoint.create(system, place=place, seed=recipe.seed, bits=engine.bits)
    return made, ("Connectors and LoRA are new.",)


def _prefix(part: str) -> str:
    """What stands before the names of a part's tensors; its last dot may be left out."""
    return "" if part == _ROOT else f"{part.removesuffix('.')}."


def resume_from(model: str, recipe: Recipe) -> "Loaded":
    """A model's folder, over the language model that was chosen.

    Raises:
        InputError, UnavailableError: as of `checkpoint.load`.
    """
    from affectlens.model import checkpoint, manifest

    if "/" not in model and not Path(model).is_dir():
        raise InputError(f"There is no model {model!r} to start from.")
    engine = recipe.engine
    alone = Path(model, checkpoint.TRAINED).is_file() or not Path(model, manifest.FILE).is_file()
    return checkpoint.load(
        model,
        place=place_of(engine),
        language=recipe.language or None if alone and recipe.size == "full" else None,
        bits=engine.bits,
        attention=engine.attention,
    )


def _refuse_other(theirs: System, ours: System, where: str) -> None:
    """A checkpoint has the streams, prompts and LoRA of the recipe's system."""
    differ = enclosed.closed(ours).differences(enclosed.closed(theirs))
    differ = [name for name in differ if name not in _WORDS]
    if differ:
        raise ConfigError(
            f"{where} is a {theirs.name}, the recipe is of {ours.name}: they differ in "
            f"{', '.join(differ)}. Choose the system that the checkpoint was made with, or another "
            "checkpoint."
        )
