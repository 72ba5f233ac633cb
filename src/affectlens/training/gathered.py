"""Weights and optimizer state of a model that is being trained, whole, wherever its shards lie."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from affectlens.encoders import loading, mismatch
from affectlens.foundation.errors import InputError
from affectlens.model import manifest
from affectlens.model.checkpoint import TRAINED
from affectlens.model.network import AffectLM, trained_tensors
from affectlens.model.processor import AffectProcessor
from affectlens.model.processor_files import own


def language_learns(model: AffectLM) -> bool:
    """Whether more than connectors and LoRA does, so that all weights have to be written."""
    ours = trained_tensors(model).keys()
    return any(p.requires_grad and name not in ours for name, p in model.named_parameters())


def tensors(model: AffectLM, *, keep: bool = True) -> dict[str, Tensor]:
    """What has to be written of a model; all processes ask, those that do not `keep` get nothing.

    Where FSDP2 shards it, whole tensors are on the CPU.
    """
    found = model.state_dict() if language_learns(model) else trained_tensors(model)
    pairs = ((name, _whole(value, keep)) for name, value in found.items())
    return {name: value for name, value in pairs if value is not None}


def write_model(
    model: AffectLM, processor: AffectProcessor, given: Mapping[str, Tensor], folder: Path
) -> None:
    """Write a model's folder, of given tensors: all, or those of connectors and LoRA alone.

    Raises:
        ConfigError: the processor is another system's.
    """
    if language_learns(model):
        model.save_pretrained(folder, state_dict=dict(given))
    else:
        ours = {name: given[name].contiguous() for name in trained_tensors(model)}
        save_file(ours, folder / TRAINED, metadata={"format": "pt"})
        config = copy.deepcopy(model.config)
        config.trained_only = True
        config.save_pretrained(folder)
    own(processor, model.config).save_pretrained(folder)
    system = model.config.declaration
    manifest.write(folder, system=system.name, language=system.language)


def read_model(model: AffectLM, folder: Path) -> None:
    """Give a model the weights of a folder that `write_model` wrote.

    Raises:
        InputError: they are not this model's, or damaged.
    """
    given, theirs = loading.tensors(folder), model.state_dict()
    known = theirs if language_learns(model) else trained_tensors(model)
    tied = set(model.all_tied_weights_keys)  # written once
    wanted = {name: one.shape for name, one in known.items() if name in given or name not in tied}
    if wrong := mismatch.compared(wanted, {name: one.shape for name, one in given.items()}):
        raise InputError(
            f"The weights in {folder} are not those of the model in training; {wrong}."
        )
    with torch.no_grad():
        for name, value in given.items():
            theirs[name].copy_(_shard(value, theirs[name]))


def optimizer_state(optimizer: Optimizer, *, keep: bool = True) -> dict[str, Any]:
    """An optimizer's state by its parameters' numbers, which shards do not change; as `tensors`."""
    state = optimizer.state_dict()
    whole = {
        number: {name: _whole(value, keep) for name, value in one.items()}
        for number, one in state["state"].items()
    }
    return {**state, "state": whole}


def set_optimizer_state(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Give an optimizer its shards of what `optimizer_state` told."""
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    shards = {
        number: {name: _shard(value, parameters[number]) for name, value in one.items()}
        for number, one in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": shards})


def _whole(value: Any, keep: bool) -> Any:
    if isinstance(value, DTensor):
        whole = value.full_tensor()  # of all processes together
        return whole.cpu() if keep else None
    return value if keep else None


def _shard(value: Any, like: Tensor) -> Any:
    """A whole tensor as one of a shape is held; numbers beside it, such as steps, as they are."""
    if not (isinstance(like, DTensor) and isinstance(value, Tensor) and value.shape == like.shape):
        return value
    return distribute_tensor(value.to(like.device), like.device_mesh, like.placements)
