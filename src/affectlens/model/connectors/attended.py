"""Rows over time become a few tokens by attention: each head looks where it finds something.

Over how rows change (two convolutions over time), `tokens - 1` learned heads weigh the rows; the
last token is the deviation over time.
"""

# N samples, T rows, S tokens, A heads, D width, H width of the net

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

_KERNEL = 5
_LAYERS = 2
_LEAST = 1e-6  # variance


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The net is `hidden` wide; `entry_dropout` is of what comes in, `dropout` of what is pooled.

    `size` is the tokens' root mean square to begin with, best that of the language model's words.
    """

    tokens: int = 5
    hidden: int = 128
    standardise: bool = True
    entry_dropout: float = 0.2
    dropout: float = 0.4
    size: float = WORD

    def __post_init__(self) -> None:
        check("attended", self.size, self.dropout)
        check("attended", self.size, self.entry_dropout)
        if self.tokens < 2 or self.hidden < 1:
            raise ConfigError(
                "attended makes 2 tokens or more by a net at least 1 wide; got "
                f"tokens={self.tokens} and hidden={self.hidden}."
            )


class Attended(Connector):
    """`tokens` tokens."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__()
        self.tokens, hidden = config.tokens, config.hidden
        self.standard = Standard(source_width) if config.standardise else None
        self.entry_dropout = nn.Dropout(config.entry_dropout)
        self.dropout = nn.Dropout(config.dropout)
        self.entry = nn.Linear(source_width, hidden)
        self.layers = nn.ModuleList(OverTime(hidden, _KERNEL) for _ in range(_LAYERS))
        self.heads = nn.Linear(hidden, config.tokens - 1)
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
        x_NTH = self.entry(self.entry_dropout(x_NTD))
        for layer in self.layers:
            x_NTH = layer(x_NTH, real_NT1)
        weights_NTA = self.heads(torch.tanh(x_NTH)).masked_fill(~real_NT1, -torch.inf).softmax(1)
        x_NTH = x_NTH.masked_fill(~real_NT1, 0)
        seen_NAH = weights_NTA.transpose(1, 2) @ x_NTH
        pooled_NSH = torch.cat([seen_NAH, _deviation(x_NTH, real_NT)[:, None]], 1)
        tokens = [linear(self.dropout(pooled_NSH[:, s])) for s, linear in enumerate(self.linears)]
        tokens_NSD: Tensor = self.norm(torch.stack(tokens, dim=1))
        return tokens_NSD


def _deviation(x_NTH: Tensor, real_NT: Tensor) -> Tensor:
    """Over the real rows; hardly anything for one row alone."""
    count_N1 = real_NT.sum(1, keepdim=True)
    means_N1H = (x_NTH.sum(1) / count_N1)[:, None]
    squares_NTH = ((x_NTH - means_N1H) ** 2).masked_fill(~real_NT[..., None], 0)
    deviation_NH: Tensor = (squares_NTH.sum(1) / count_N1 + _LEAST).sqrt()
    return deviation_NH


def build(config: Config, widths: Sequence[int], width: int) -> Attended:
    """A connector of one source."""
    return Attended(config, single("attended", widths), width)
