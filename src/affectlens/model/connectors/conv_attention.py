"""Conv-Attention pre-fusion: sound, a picture and patches become one sequence of tokens.

Emotion-LLaMA-v2 (arXiv 2601.16449; specs/emotion-llama.md §10.1). Parameters bear the names of its
`conv_pro_module`, and `linear` is its `llama_proj_fusion`.
"""

# N samples, S steps, H hidden width, M = 3 sources, D width

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import Connector
from affectlens.model.padded import Padded
from affectlens.model.pooling import Grid, over_grid, over_time

SOURCES = 3
HIDDEN = (512, 128)
JOINED = 256
BLOCKS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The sources are sound, the picture's one row, and patches, averaged as by `grid_pool`."""

    side: int = 16
    frames: int = 16
    pooled: int = 2
    dropout: float = 0.1

    def grid(self) -> Grid:
        """The patches, as `pooling` takes them."""
        return Grid(side=self.side, frames=self.frames, pooled=self.pooled)

    def __post_init__(self) -> None:
        self.grid()
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"Dropout is from 0 to below 1; got {self.dropout}.")


class Residual(nn.Module):
    """A convolution over neighbouring steps, added to what it sees."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(nn.Conv1d(hidden, hidden, 3, padding=1), nn.SiLU())

    def forward(self, steps_NHS: Tensor) -> Tensor:
        """The same shape."""
        change_NHS: Tensor = self.conv_block(steps_NHS)
        return steps_NHS + change_NHS


class Residuals(nn.Module):
    """Several in succession."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.conv_blocks = nn.Sequential(*[Residual(hidden) for _ in range(BLOCKS)])

    def forward(self, steps_NHS: Tensor) -> Tensor:
        """The same shape."""
        after_NHS: Tensor = self.conv_blocks(steps_NHS)
        return after_NHS


class ConvAttention(Connector):
    """As many tokens as the grid has steps."""

    def __init__(self, grid: Grid, dropout: float, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.grid = grid
        hidden = HIDDEN[-1]
        self.feats_prep = nn.ModuleList([_mlp(source_width, dropout) for source_width in widths])
        self.attention_mlp = _mlp(SOURCES * hidden, dropout)
        self.fc_att = nn.Linear(hidden, SOURCES)
        self.conv_entry = nn.Conv1d(SOURCES * hidden, hidden, 1)
        self.conv_module = Residuals(hidden)
        self.fc_final = nn.Linear(hidden, JOINED)
        self.linear = nn.Linear(JOINED, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always the grid's steps."""
        self.grid.check(lengths[-1])
        return self.grid.steps

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        *lines, patches = inputs
        sequences = [over_time(line, self.grid.steps) for line in lines]
        sequences.append(over_grid(patches, self.grid))
        prepared = [prep(s_NSD) for prep, s_NSD in zip(self.feats_prep, sequences, strict=True)]
        side_by_side = torch.cat(prepared, -1)
        # No softmax: the weights of a step need not sum to 1.
        weights_NSM1 = self.fc_att(self.attention_mlp(side_by_side))[..., None]
        weighed_NSH = (torch.stack(prepared, -2) * weights_NSM1).sum(-2)
        entered_NHS = self.conv_entry(side_by_side.transpose(1, 2))
        convolved_NSH = self.conv_module(entered_NHS).transpose(1, 2)
        tokens_NSD: Tensor = self.linear(self.fc_final(weighed_NSH + convolved_NSH))
        return tokens_NSD


def _mlp(source_width: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise((source_width, *HIDDEN)):
        layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers)


def tiny(config: Config) -> Config:
    """Pictures of 4 × 4 patches."""
    return replace(config, side=4)


def build(config: Config, widths: Sequence[int], width: int) -> ConvAttention:
    """A connector of three sources."""
    if len(widths) != SOURCES:
        raise ConfigError(
            "The connector conv_attention takes three sources: sound, the one row of a picture and "
            f"patches of pictures; the stream has {len(widths)}."
        )
    return ConvAttention(config.grid(), config.dropout, widths, width)
