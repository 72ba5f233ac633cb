"""LoRA folded into a language model from its file: PEFT's layers are never made.

The same weights as `lora.merge` gives, bit for bit, without a second copy of each layer in memory.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from affectlens.encoders import mismatch
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import Lora


def fold(
    language: PreTrainedModel, config: AffectLMConfig, tensors: Mapping[str, Tensor], source: Path
) -> dict[str, Tensor]:
    """Add the adapter in use to the weights; gives the tensors that are of no adapter.

    The config is left as that of a model without LoRA. `source` is the tensors' file.

    Raises:
        InputError: adapters' tensors are missing, left over or of another shape.
        ConfigError: the language model is quantized; its few bits would round the adapter away.
    """
    adapters = config.loras
    found = {name: value.shape for name, value in tensors.items() if ".lora_" in name}
    wanted = dict(shape for name, one in adapters.items() for shape in _shapes(language, one, name))
    if wrong := mismatch.compared(wanted, found):
        raise InputError(f"{source} does not fit its config.json; {wrong}.")
    for name, one in list(adapters.items())[:1]:  # the first is the one in use
        for path, layer in _targets(language, one):
            _add(layer, one, *(tensors[_name(path, part, name)] for part in "AB"))
            config.merged = True
    config.system["lora"] = None
    config.adapters.clear()
    return {name: value for name, value in tensors.items() if name not in found}


@torch.no_grad()
def _add(layer: nn.Linear, lora: Lora, low_a: Tensor, low_b: Tensor) -> None:
    weight = layer.weight
    if not weight.is_floating_point():
        raise ConfigError(
            "LoRA is not folded into a quantized language model, as its few bits would round the "
            "adapter away: load the model without `bits`, or leave the adapter beside it."
        )
    weight += low_b.to(weight) @ low_a.to(weight) * (lora.alpha / lora.rank)


def _shapes(
    language: PreTrainedModel, lora: Lora, name: str
) -> Iterator[tuple[str, tuple[int, int]]]:
    """An adapter's tensors as they stand in an `AffectLM`, and their shapes."""
    for path, layer in _targets(language, lora):
        yield _name(path, "A", name), (lora.rank, layer.in_features)
        yield _name(path, "B", name), (layer.out_features, lora.rank)


def _targets(language: PreTrainedModel, lora: Lora) -> Iterator[tuple[str, nn.Linear]]:
    """The layers that an adapter's targets name, as PEFT finds them."""
    ends = tuple(f".{target}" for target in lora.targets)
    for path, layer in language.named_modules():
        if isinstance(layer, nn.Linear) and f".{path}".endswith(ends):
            yield path, layer


def _name(path: str, part: str, adapter: str) -> str:
    return f"language.{path}.lora_{part}.{adapter}.weight"
