"""`over`: a quotient that is NaN, without a warning, where there is nothing to divide by."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def over(above: ArrayLike, below: ArrayLike, empty: float = float("nan")) -> NDArray[np.float64]:
    """Element by element, broadcast; `empty` where `below` is zero."""
    top, bottom = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    found: NDArray[np.float64] = np.full(top.shape, empty)
    np.divide(top, bottom, out=found, where=bottom != 0)
    return found
