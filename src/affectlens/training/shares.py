"""What several processes do together: who does what, and what all of them found."""

from typing import Any

import torch
from torch import distributed


def place() -> tuple[int, int]:
    """Which process this is, and of how many."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def gathered(own: Any) -> list[Any]:
    """What every process has, the same list on all."""
    _, world = place()
    if world == 1:
        return [own]
    every: list[Any] = [None] * world
    distributed.all_gather_object(every, own)
    return every


def greatest(value: int, device: torch.device) -> int:
    """The greatest of what all processes have; each waits for the others."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return value
    found = torch.tensor(value, device=device)
    distributed.all_reduce(found, distributed.ReduceOp.MAX)
    return int(found)
