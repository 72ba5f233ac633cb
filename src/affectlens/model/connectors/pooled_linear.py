"""All rows become one token: their mean, then a linear layer."""

# N samples, T rows, S = 1 token, D width

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded
from affectlens.model.pooling import mean


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """It has nothing to set."""


class PooledLinear(Connector):
    """One token."""

    def __init__(self, source_width: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(source_width, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always 1."""
        return 1

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, 1, D)."""
        tokens_ND: Tensor = self.linear(mean(inputs[0]))
        return tokens_ND[:, None]


def build(config: Config, widths: Sequence[int], width: int) -> PooledLinear:
    """A connector of one source."""
    return PooledLinear(single("pooled_linear", widths), width)
