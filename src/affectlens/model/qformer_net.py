"""BLIP-2's Q-Former: learned queries that read rows."""

# N samples, T rows, Q queries, H hidden width, D width of the rows

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Sizes; the defaults are BLIP-2's, and Video-LLaMA's later ones have layers=2, every=1."""

    queries: int = 32
    layers: int = 12
    hidden: int = 768
    heads: int = 12
    intermediate: int = 3072
    every: int = 2  # the 1st, the 1 + every-th … layer reads the rows, the others only the queries
    dropout: float = 0.1

    def __post_init__(self) -> None:
        counts = (self.queries, self.layers, self.heads, self.intermediate, self.every)
        if min(counts) < 1 or self.hidden < 1 or self.hidden % self.heads:
            raise ConfigError(
                "A Q-Former has at least one of everything, and its hidden width is a multiple of "
                f"its heads; got {self}."
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"Dropout is from 0 to below 1; got {self.dropout}.")


class QFormer(nn.Module):
    """Queries that look at each other and at rows."""

    def __init__(self, shape: Shape, source_width: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.empty(1, shape.queries, shape.hidden))
        nn.init.normal_(self.queries, std=0.02)
        self.net = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=shape.hidden,
                num_hidden_layers=shape.layers,
                num_attention_heads=shape.heads,
                intermediate_size=shape.intermediate,
                cross_attention_frequency=shape.every,
                encoder_hidden_size=source_width,
                hidden_dropout_prob=shape.dropout,
                attention_probs_dropout_prob=shape.dropout,
            )
        )

    def forward(self, rows_NTD: Tensor, real_NT: Tensor, shift_N1H: Tensor | None = None) -> Tensor:
        """What the queries (N, Q, H) read; rows that are not real are not read.

        `shift_N1H` is added to all queries of a sample.
        """
        queries_NQH = self.queries.expand(len(rows_NTD), -1, -1)
        read_NQH: Tensor = self.net(
            query_embeds=queries_NQH if shift_N1H is None else queries_NQH + shift_N1H,
            encoder_hidden_states=rows_NTD,
            encoder_attention_mask=real_NT,
        ).last_hidden_state
        return read_NQH
