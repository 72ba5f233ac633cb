"""LoRA layers in a language model, by PEFT: add, switch, merge."""

import dataclasses
import re
import sys
import warnings
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from affectlens.foundation.errors import ConfigError
from affectlens.model.declaration import Lora

DECLARED = "default"  # name of the adapter that the system declares
_NAME = re.compile(r"[\w-]+")


def add(model: PreTrainedModel, lora: Lora, name: str) -> None:
    """Give an `AffectLM` one more adapter and use it; before training it changes no answer.

    Raises:
        ConfigError: it has one of that name, the name is none, or the language model lacks a
            target's layer.
    """
    if name in names(model):
        raise ConfigError(f"The model has an adapter {name!r} already; choose another name.")
    inject(model.language, lora, name)
    if name == DECLARED:
        model.config.system["lora"] = dataclasses.asdict(lora)
    else:
        model.config.adapters[name] = dataclasses.asdict(lora)
    switch(model, name)


def inject(language: PreTrainedModel, lora: Lora, name: str) -> None:
    """Put an adapter's layers into a language model.

    New parameters are `….lora_A.<name>.weight` (uniform, Kaiming) and `….lora_B.<name>.weight`
    (zeros); the layer that they adapt becomes `….base_layer`.

    Raises:
        ConfigError: the language model has no layer that a target names, or the name is none.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name an adapter: names are letters, digits, '_' and '-', as they "
            "become part of parameters' names."
        )
    from peft import LoraConfig, inject_adapter_in_model

    found = {module.rpartition(".")[2] for module, _ in language.named_modules()}
    for target in lora.targets:
        if target.rpartition(".")[2] not in found:
            raise ConfigError(
                f"LoRA is wanted in layers called {target!r}; {type(language).__name__} has none."
            )
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
        bias="none",
    )
    with warnings.catch_warnings():  # that there is an adapter already is no mistake here
        warnings.filterwarnings("ignore", "Already found a `peft_config`")
        inject_adapter_in_model(config, language, adapter_name=name)


def layers(model: nn.Module) -> dict[str, Any]:
    """Every adapted layer by its name; they are PEFT's, so there are none before it is loaded."""
    if "peft" not in sys.modules:
        return {}
    from peft.tuners.lora import LoraLayer

    return {name: module for name, module in model.named_modules() if isinstance(module, LoraLayer)}


def names(model: nn.Module) -> list[str]:
    """Adapters that the model has."""
    return sorted({name for layer in layers(model).values() for name in layer.lora_A})


def active(model: nn.Module) -> str | None:
    """The adapter in use."""
    for layer in layers(model).values():
        if not layer.disable_adapters:
            return str(layer.active_adapters[0])
    return None


def switch(model: nn.Module, name: str | None) -> None:
    """Use one adapter alone, or none: the frozen language model as it was.

    Raises:
        ConfigError: there is no such adapter.
    """
    if name is not None and name not in names(model):
        known = ", ".join(names(model)) or "none"
        raise ConfigError(f"The model has no adapter {name!r}; it has: {known}.")
    for layer in layers(model).values():
        has_it = name is not None and name in layer.lora_A
        layer.enable_adapters(enabled=has_it)
        if has_it:
            layer.set_adapter(name)


def merge(model: PreTrainedModel) -> None:
    """Fold the adapter in use into an `AffectLM`'s weights and take all LoRA out; same answers.

    Afterwards the language model is no longer the declared one: only `checkpoint.save` keeps it.

    Raises:
        ConfigError: the language model is quantized; its few bits would round the adapter away.
    """
    found = layers(model)
    if not all(layer.get_base_layer().weight.is_floating_point() for layer in found.values()):
        raise ConfigError(
            "LoRA is not merged into a quantized language model, as its few bits would round the "
            "adapter away: load the model without `bits`, or leave the adapter beside it."
        )
    for name, layer in found.items():
        if not layer.disable_adapters:
            layer.merge(safe_merge=True)
            model.config.merged = True
        above, _, last = name.rpartition(".")
        setattr(model.get_submodule(above), last, layer.get_base_layer())
    model.config.system["lora"] = None
    model.config.adapters.clear()
