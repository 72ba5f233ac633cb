"""Batches through a net, without gradients, into arrays."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


def run(
    net: "Callable[[Tensor], tuple[Tensor, ...]]", batches: Iterable[NDArray[np.float32]]
) -> tuple[NDArray[Any], ...]:
    """Each of the net's outputs for all batches together, on the CPU in 32 bits."""
    import torch

    with torch.inference_mode():
        parts = [
            [one.float().cpu().numpy() for one in net(torch.from_numpy(batch))] for batch in batches
        ]
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))
