"""Rows over time become one or two tokens by a small net that sees how they change."""

# N samples, T rows, S tokens, D width, H width of the net

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import Connector, single
from affectlens.model.over_time import OverTime
from affectlens.model.padded import Padded, mask
from affectlens.model.standard import Standard
from affectlens.model.word_sized import WORD, check, word_sized

_LAYERS = 2
_KINDS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`tokens` 1 is the mean over time; 2: and the greatest of each feature.

    The net is `hidden` wide. `size` is the tokens' root mean square to begin with, best that of the
    language model's words.
    """

    tokens: int = 2
    hidden: int = 64
    standardise: bool = True
    dropout: float = 0.3
    size: float = WORD

    def __post_init__(self) -> None:
        check("trajectory", self.size, self.dropout)
        if not 1 <= self.tokens <= _KINDS or self.hidden < 1:
            raise ConfigError(
                f"trajectory makes 1 to {_KINDS} tokens by a net at least 1 wide; got "
                f"tokens={self.tokens} and hidden={self.hidden}."
            )


class Trajectory(Connector):
    """`tokens` tokens."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__()
        self.tokens, hidden = config.tokens, config.hidden
        self.standard = Standard(source_width) if config.standardise else None
        self.dropout = nn.Dropout(config.dropout)
        self.entry = nn.Linear(source_width, hidden)
        self.layers = nn.ModuleList(OverTime(hidden) for _ in range(_LAYERS))
        self.linears = nn.ModuleList(nn.Linear(hidden, width) for _ in range(config.tokens))
        self.norm = word_sized(width, config.size)

    def count(self, lengths: Sequence[int]) -> int:
        """Always `tokens`."""
        return self.tokens

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        real_NT = mask(inputs[0])
        real_NT1 = real_NT[..., None]
        x_NTD = inputs[0]["values_NTD"].masked_fill(~real_NT1, 0)
        if self.standard is not None:
            x_NTD = self.standard(x_NTD, real_NT, learns=self.norm.weight.requires_grad)
        x_NTH = self.entry(self.dropout(x_NTD))
        for layer in self.layers:
            x_NTH = layer(x_NTH, real_NT1)
        pooled = [x_NTH.masked_fill(~real_NT1, 0).sum(1) / real_NT.sum(1, keepdim=True)]
        if self.tokens == _KINDS:
            pooled.append(x_NTH.masked_fill(~real_NT1, -torch.inf).amax(1))
        tokens = [
            linear(self.dropout(one_NH))
            for linear, one_NH in zip(self.linears, pooled, strict=True)
        ]
        tokens_NSD: Tensor = self.norm(torch.stack(tokens, dim=1))
        return tokens_NSD


def build(config: Config, widths: Sequence[int], width: int) -> Trajectory:
    """A connector of one source."""
    return Trajectory(config, single("trajectory", widths), width)
