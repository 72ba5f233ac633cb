"""Patches of pictures become a fixed number of tokens: means over time and place, then linear."""

# N samples, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded
from affectlens.model.pooling import Grid, over_grid


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Emotion-LLaMA-v2: 16 pictures of 16 × 16 patches become 16 of 2 × 2, 64 tokens."""

    side: int = 16
    frames: int = 16
    pooled: int = 2

    def grid(self) -> Grid:
        """The same, as `pooling` takes it."""
        return Grid(side=self.side, frames=self.frames, pooled=self.pooled)

    def __post_init__(self) -> None:
        self.grid()


class GridPool(Connector):
    """As many tokens as the grid has steps."""

    def __init__(self, grid: Grid, source_width: int, width: int) -> None:
        super().__init__()
        self.grid = grid
        self.linear = nn.Linear(source_width, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always the grid's steps."""
        self.grid.check(lengths[0])
        return self.grid.steps

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        tokens_NSD: Tensor = self.linear(over_grid(inputs[0], self.grid))
        return tokens_NSD


def tiny(config: Config) -> Config:
    """Pictures of 4 × 4 patches."""
    return replace(config, side=4)


def build(config: Config, widths: Sequence[int], width: int) -> GridPool:
    """A connector of one source."""
    return GridPool(config.grid(), single("grid_pool", widths), width)
