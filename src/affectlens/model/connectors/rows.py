"""Each row of a fixed number becomes a token: standardised, then a linear layer that all share."""

# N samples, S rows and tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded, mask
from affectlens.model.standard import Standard
from affectlens.model.word_sized import WORD, check, word_sized


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`rows` of the source, in an order that says what they are, such as layers of an encoder.

    Between source and token may be a layer `hidden` wide; `size` is the tokens' root mean square to
    begin with, best that of the language model's words.
    """

    rows: int = 3
    standardise: bool = True
    dropout: float = 0.3
    hidden: int | None = None
    size: float = WORD

    def __post_init__(self) -> None:
        check("rows", self.size, self.dropout)
        if self.rows < 1 or (self.hidden is not None and self.hidden < 1):
            raise ConfigError(
                "rows: there is at least one row, and a hidden layer is at least 1 wide; got "
                f"rows={self.rows} and hidden={self.hidden}."
            )


class Rows(Connector):
    """As many tokens as rows."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__()
        self.rows = config.rows
        self.standard = Standard(source_width, config.rows) if config.standardise else None
        self.dropout = nn.Dropout(config.dropout)
        self.hidden = None if config.hidden is None else nn.Linear(source_width, config.hidden)
        self.linear = nn.Linear(config.hidden or source_width, width)
        self.places = nn.Parameter(torch.zeros(config.rows, width))  # which row a token is
        self.norm = word_sized(width, config.size)

    def count(self, lengths: Sequence[int]) -> int:
        """Always `rows`."""
        if lengths[0] != self.rows:
            raise InputError(
                f"The connector rows was made for {self.rows} rows, and the source gives "
                f"{lengths[0]}: set its `rows` to what the source gives."
            )
        return self.rows

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        x_NSD = inputs[0]["values_NTD"]
        if self.standard is not None:
            x_NSD = self.standard(x_NSD, mask(inputs[0]), learns=self.norm.weight.requires_grad)
        x_NSD = self.dropout(x_NSD)
        if self.hidden is not None:
            x_NSD = self.dropout(nn.functional.gelu(self.hidden(x_NSD)))
        tokens_NSD: Tensor = self.norm(self.linear(x_NSD) + self.places)
        return tokens_NSD


def build(config: Config, widths: Sequence[int], width: int) -> Rows:
    """A connector of one source."""
    return Rows(config, single("rows", widths), width)
