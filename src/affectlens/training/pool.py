"""`Pool`: the clips of a source that can answer a task, as numbers."""

# N clips

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What samples of a task are drawn from."""

    source: str  # name of the recipe's data
    task: str
    indices: NDArray[np.uint32]  # of clips in the source, (N,), rising
    weight: float  # of all the stage's samples; those of its pools sum to 1
