"""`Features`: what an encoder gives, one row per moment or token."""

# T rows, D width

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Rows in order of time; patches of one picture share its time, row-major."""

    values_TD: NDArray[np.float32]
    times_T: NDArray[np.float64]  # seconds from the clip's start

    def __post_init__(self) -> None:
        assert self.values_TD.ndim == 2, self.values_TD.shape
        assert self.times_T.shape == self.values_TD.shape[:1], self.times_T.shape
