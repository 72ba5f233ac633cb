"""Connectors that pool standardised rows, once for each token; `Timed` over how rows change."""

# N samples, T rows, S tokens, D width, H width of the net

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from affectlens.model.connector import Connector
from affectlens.model.padded import Padded, mask
from affectlens.model.standard import Standard
from affectlens.model.word_sized import word_sized

_LAYERS = 2


class Settled(Protocol):
    """What the settings of all such connectors have."""

    @property
    def tokens(self) -> int: ...  # noqa: D102
    @property
    def standardise(self) -> bool: ...  # noqa: D102
    @property
    def dropout(self) -> float: ...  # noqa: D102
    @property
    def size(self) -> float: ...  # noqa: D102


class Timing(Settled, Protocol):
    """What those have that see how rows change."""

    @property
    def hidden(self) -> int: ...  # noqa: D102


class Pooled(Connector):
    """Standardised rows; a subclass pools them once a token, `pooled_width` wide."""

    def __init__(
        self, config: Settled, source_width: int, width: int, *, pooled_width: int
    ) -> None:
        super().__init__()
        self.tokens = config.tokens
        self.standard = Standard(source_width) if config.standardise else None
        self.dropout = nn.Dropout(config.dropout)
        self.linears = nn.ModuleList(nn.Linear(pooled_width, width) for _ in range(config.tokens))
        self.norm = word_sized(width, config.size)

    def count(self, lengths: Sequence[int]) -> int:
        """Always `tokens`."""
        return self.tokens

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        real_NT = mask(inputs[0])
        x_NTD = inputs[0]["values_NTD"].masked_fill(~real_NT[..., None], 0)
        if self.standard is not None:
            x_NTD = self.standard(x_NTD, real_NT, learns=self.norm.weight.requires_grad)
        tokens = [
            linear(self.dropout(one_ND))
            for linear, one_ND in zip(self.linears, self.pooled(x_NTD, real_NT), strict=True)
        ]
        tokens_NSD: Tensor = self.norm(torch.stack(tokens, dim=1))
        return tokens_NSD

    @abstractmethod
    def pooled(self, x_NTD: Tensor, real_NT: Tensor) -> Sequence[Tensor]:
        """What each token is made of (N, pooled width)."""


class _OverTime(nn.Module):
    """A depthwise-separable convolution over time, added to what comes in."""

    def __init__(self, hidden: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.over_time = nn.Conv1d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden)
        self.across = nn.Linear(hidden, hidden)

    def forward(self, x_NTH: Tensor, real_NT1: Tensor) -> Tensor:
        """Rows (NTH); behind a sample's last row it sees what it sees where a batch ends: zeros."""
        seen_NHT = self.norm(x_NTH).masked_fill(~real_NT1, 0).transpose(1, 2)
        moved_NTH = self.over_time(seen_NHT).transpose(1, 2)
        changed_NTH: Tensor = x_NTH + self.across(nn.functional.gelu(moved_NTH))
        return changed_NTH


class Timed(Pooled):
    """Rows through two layers over time; a subclass says what of the outcome is seen."""

    def __init__(
        self, config: Timing, source_width: int, width: int, *, kernel: int, entry_dropout: float
    ) -> None:
        hidden = config.hidden
        super().__init__(config, source_width, width, pooled_width=hidden)
        self.entry_dropout = nn.Dropout(entry_dropout)
        self.entry = nn.Linear(source_width, hidden)
        self.layers = nn.ModuleList(_OverTime(hidden, kernel) for _ in range(_LAYERS))

    def pooled(self, x_NTD: Tensor, real_NT: Tensor) -> Sequence[Tensor]:
        """What is seen of how rows change."""
        x_NTH = self.entry(self.entry_dropout(x_NTD))
        for layer in self.layers:
            x_NTH = layer(x_NTH, real_NT[..., None])
        return self.seen(x_NTH, real_NT)

    @abstractmethod
    def seen(self, x_NTH: Tensor, real_NT: Tensor) -> Sequence[Tensor]:
        """What each token is made of (NH); rows that are not real hold anything."""
