"""Rows become as many tokens as a Q-Former has queries (BLIP-2, Video-LLaMA), then linear."""

# N samples, T rows, S = queries, D width

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded, mask
from affectlens.model.qformer_net import QFormer, Shape


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """BLIP-2's; Video-LLaMA's for sound has queries=8, layers=2, every=1, positions=8.

    `positions` learned places are added to the rows, each to `per_position` in succession (all
    tokens of a picture have one place); 0 adds none, so that the order of rows says nothing.
    """

    queries: int = 32
    layers: int = 12
    hidden: int = 768
    heads: int = 12
    intermediate: int = 3072
    every: int = 2
    dropout: float = 0.1
    positions: int = 0
    per_position: int = 1

    def shape(self) -> Shape:
        """The sizes of the net."""
        return Shape(
            queries=self.queries,
            layers=self.layers,
            hidden=self.hidden,
            heads=self.heads,
            intermediate=self.intermediate,
            every=self.every,
            dropout=self.dropout,
        )

    def __post_init__(self) -> None:
        self.shape()
        if self.positions < 0 or self.per_position < 1:
            raise ConfigError(
                "A Q-Former has 0 or more positions, each of 1 or more rows; got "
                f"positions={self.positions}, per_position={self.per_position}."
            )


class QFormerConnector(Connector):
    """One token for each query."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__()
        self.config = config
        if config.positions:
            self.positions = nn.Embedding(config.positions, source_width)
        self.qformer = QFormer(config.shape(), source_width)
        self.linear = nn.Linear(config.hidden, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always as many as there are queries."""
        most = self.config.positions * self.config.per_position
        if most and lengths[0] > most:
            raise InputError(f"This Q-Former has places for {most} rows; got {lengths[0]}.")
        return self.config.queries

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        rows_NTD = inputs[0]["values_NTD"]
        if self.config.positions:
            places_T = torch.arange(rows_NTD.shape[1], device=rows_NTD.device)
            rows_NTD = rows_NTD + self.positions(places_T // self.config.per_position)
        tokens_NSD: Tensor = self.linear(self.qformer(rows_NTD, mask(inputs[0])))
        return tokens_NSD


def tiny(config: Config) -> Config:
    """As many queries and positions, in a small net."""
    return replace(config, layers=2, hidden=16, heads=2, intermediate=32)


def build(config: Config, widths: Sequence[int], width: int) -> QFormerConnector:
    """A connector of one source."""
    return QFormerConnector(config, single("qformer", widths), width)
