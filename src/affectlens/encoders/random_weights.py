"""Random weights that are the same on every machine, for nets at a tiny size."""

import math
import zlib

import torch
from torch import nn


def fill(module: nn.Module, seed: int = 0) -> None:
    """Overwrite every parameter: vectors that scale with 1, biases with 0, all else at random.

    What a parameter gets depends on its name, its shape and the seed alone, so a parameter more
    or less leaves the others as they are. Random values are uniform, which torch draws bit for bit
    alike on all CPUs (normal ones it does not), with the deviation 1/sqrt(inputs).
    """
    for name, parameter in module.named_parameters():
        with torch.no_grad():
            parameter.copy_(_values(name, parameter.shape, seed))


def _values(name: str, shape: torch.Size, seed: int) -> torch.Tensor:
    last = name.rsplit(".", 1)[-1]
    if len(shape) <= 1 and last == "weight":  # of a norm
        return torch.ones(shape)
    if len(shape) <= 1 and last.endswith("bias"):
        return torch.zeros(shape)
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    inputs = max(math.prod(shape[1:] if len(shape) > 1 else shape), 1)
    uniform = torch.rand(shape, generator=generator)
    return (2 * uniform - 1) * math.sqrt(3 / inputs)
