"""All rows become one token: their sum, each weighed by a linear gate, then a linear layer.

AffectGPT's "attention" (ICML 2025): no softmax and no positions, so the weights need not sum to 1.
"""

# N samples, T rows, S = 1 token, D width

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded, mask


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """It has nothing to set."""


class GatedPool(Connector):
    """One token."""

    def __init__(self, source_width: int, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(source_width, 1)
        self.linear = nn.Linear(source_width, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always 1."""
        return 1

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, 1, D)."""
        values_NTD = inputs[0]["values_NTD"].masked_fill(~mask(inputs[0])[..., None], 0)
        # The gate has a bias, but what it weighs is zero behind a sample's last row.
        weights_NT1: Tensor = self.gate(values_NTD)
        tokens_N1D: Tensor = self.linear(weights_NT1.transpose(1, 2) @ values_NTD)
        return tokens_N1D


def build(config: Config, widths: Sequence[int], width: int) -> GatedPool:
    """A connector of one source."""
    return GatedPool(single("gated_pool", widths), width)
