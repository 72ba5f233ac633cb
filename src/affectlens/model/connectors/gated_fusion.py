"""Several sources become one token: means over time, weighed by a linear gate, then linear.

AffectGPT's "multi" (ICML 2025; specs/affectgpt-emer.md §3.2): two linear layers make the weights,
without activation or softmax. Parameters bear its names, `linear` is its `multi_llama_proj`.
"""

# N samples, H hidden width, M sources, S = 1 token, D width

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import Connector
from affectlens.model.padded import Padded
from affectlens.model.pooling import mean


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """It has nothing to set: what is joined is as wide as the widest source."""


class GatedFusion(Connector):
    """One token."""

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        hidden = max(widths)
        self.embs = nn.ModuleList([nn.Linear(source_width, hidden) for source_width in widths])
        self.attention_mlp = nn.Linear(len(widths) * hidden, hidden)
        self.fc_att = nn.Linear(hidden, len(widths))
        self.linear = nn.Linear(hidden, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always 1."""
        return 1

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, 1, D)."""
        embedded = [
            emb(mean(rows).to(rows["values_NTD"].dtype))
            for emb, rows in zip(self.embs, inputs, strict=True)
        ]
        weights_NM = self.fc_att(self.attention_mlp(torch.cat(embedded, -1)))
        fused_NH = (torch.stack(embedded, 1) * weights_NM[..., None]).sum(1)
        tokens_N1D: Tensor = self.linear(fused_NH)[:, None]
        return tokens_N1D


def build(config: Config, widths: Sequence[int], width: int) -> GatedFusion:
    """A connector of two sources or more."""
    if len(widths) < 2:
        raise ConfigError(
            f"The connector gated_fusion joins two sources or more; the stream has {len(widths)}."
        )
    return GatedFusion(widths, width)
