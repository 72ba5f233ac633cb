"""`Plan`: which clip and task stand at each place of a stage, as few bytes for each."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import ConfigError
from affectlens.training.draw import Draw
from affectlens.training.pool import Pool

_AT_ONCE = 1 << 16  # draws of a small pool that are made together
_MOST = 1 << 30  # samples of a stage; 15 GB while they are drawn


class Plan:
    """A pure function of its arguments, so that a position is all that resuming needs.

    Pools are drawn by their weights; within a pool each clip comes once before any comes again, in
    a new order each time. A longer plan begins with the shorter one.
    """

    def __init__(self, pools: Sequence[Pool], samples: int, seed: int) -> None:
        """Draw the whole order; 6 bytes a sample.

        Raises:
            ConfigError: there is no clip to draw, a pool that has a weight has no clips, or the
                stage is too long.
        """
        self._pools = [pool for pool in pools if pool.weight > 0]
        self._seed = seed
        _check(self._pools, samples)
        self._which = self._drawn(samples)
        self._indices = np.empty(samples, np.uint32)
        for number, pool in enumerate(self._pools):
            here = self._which == number
            generator = np.random.default_rng(seeded(seed, "pool", pool.source, pool.task))
            self._indices[here] = _passes(pool, int(here.sum()), generator)

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, position: int) -> Draw:
        """The draw of a position from 0."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        pool = self._pools[self._which[position]]
        return Draw(
            position=position,
            source=pool.source,
            index=int(self._indices[position]),
            task=pool.task,
            seed=seeded(self._seed, "draw", position),
            copied=True,
        )

    def _drawn(self, samples: int) -> NDArray[np.uint16]:
        """The number of the pool at each position."""
        weights = np.array([pool.weight for pool in self._pools])
        bounds = np.cumsum(weights)[:-1] / weights.sum()
        chance = np.random.default_rng(seeded(self._seed, "pools")).random(samples)
        return np.searchsorted(bounds, chance, side="right").astype(np.uint16)


def seeded(seed: int, *what: object) -> int:
    """A seed of 64 bits for one purpose of a run."""
    text = "\0".join(map(str, (seed, *what)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _check(pools: Sequence[Pool], samples: int) -> None:
    if samples > _MOST:
        raise ConfigError(
            f"A stage of {samples:,} samples is too long; at most {_MOST:,} are drawn. Lower "
            "epochs, steps_per_epoch or batch."
        )
    if samples and not pools:
        raise ConfigError("There is nothing to learn from: no data has a weight above 0.")
    for pool in pools:
        if not len(pool.indices):
            raise ConfigError(
                f"No clip of {pool.source} can be asked the task {pool.task!r}, which has the "
                f"weight {pool.weight:g}: leave it out there."
            )


def _passes(pool: Pool, samples: int, generator: np.random.Generator) -> NDArray[np.uint32]:
    """Pass after pass over a pool, each in an order of its own."""
    found = np.empty(samples, np.uint32)
    together = max(1, _AT_ONCE // len(pool.indices))
    size = together * len(pool.indices)
    for start in range(0, samples, size):
        orders = np.tile(pool.indices, (together, 1))
        passes = generator.permuted(orders, axis=1).ravel()
        found[start : start + size] = passes[: samples - start]
    return found
