"""One seed for every source of chance that nets use."""

import random


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy's old global state (libraries draw from it) and torch on all devices."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - ours is passed in; this is for libraries
    torch.manual_seed(seed)
