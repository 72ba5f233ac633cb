"""Means of rows over time and over a grid of patches, as connectors take them."""

# N samples, T rows, S steps, D width; F pictures, H rows and W columns of patches

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.padded import Padded, mask


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Patches of some pictures, to be averaged to `frames` pictures of `pooled` × `pooled`."""

    side: int  # patches in a row and in a column of a picture
    frames: int
    pooled: int

    def __post_init__(self) -> None:
        if not 1 <= self.pooled <= self.side or self.frames < 1:
            raise ConfigError(f"A grid is averaged to at most its own patches; got {self}.")

    @property
    def steps(self) -> int:
        """Rows that it is averaged to."""
        return self.frames * self.pooled**2

    def check(self, rows: int) -> None:
        """Whole pictures, or as many rows as it would be averaged to.

        Raises:
            InputError: neither; says what it takes.
        """
        if rows % self.side**2 and rows != self.steps:
            raise InputError(
                f"Pictures of {self.side} × {self.side} patches have a multiple of {self.side**2} "
                f"rows, averaged ones have {self.steps}; these are {rows} rows."
            )


def mean(rows: Padded) -> Tensor:
    """Mean (N, D) of each sample's rows."""
    values_NTD = rows["values_NTD"].masked_fill(~mask(rows)[..., None], 0)
    return values_NTD.sum(1) / rows["lengths_N"][:, None]


def over_time(rows: Padded, steps: int) -> Tensor:
    """Means (N, steps, D) of equal shares of each sample's rows; fewer rows are repeated."""
    return torch.stack([_over_time(one_TD, steps) for one_TD in _each(rows)])


def over_grid(rows: Padded, grid: Grid) -> Tensor:
    """Means (N, grid.steps, D) of each sample's patches; averaged ones stay as they are."""
    return torch.stack([_over_grid(one_TD, grid) for one_TD in _each(rows)])


def _each(rows: Padded) -> Sequence[Tensor]:
    lengths = rows["lengths_N"].tolist()
    return [one_TD[:length] for one_TD, length in zip(rows["values_NTD"], lengths, strict=True)]


def _over_time(rows_TD: Tensor, steps: int) -> Tensor:
    return functional.adaptive_avg_pool1d(rows_TD.T, steps).T


def _over_grid(rows_TD: Tensor, grid: Grid) -> Tensor:
    grid.check(len(rows_TD))
    if len(rows_TD) == grid.steps:
        return rows_TD
    patches_DFHW = rows_TD.T.reshape(rows_TD.shape[1], -1, grid.side, grid.side)
    size = (grid.frames, grid.pooled, grid.pooled)
    return functional.adaptive_avg_pool3d(patches_DFHW, size).flatten(1).T
