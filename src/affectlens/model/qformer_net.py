"""BLIP-2's Q-Former: learned queries that read rows, and its weights under their first names."""

# N samples, T rows, Q queries, H hidden width, D width of the rows

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel

from affectlens.foundation.errors import ConfigError, InputError

# LAVIS's names of what transformers has, too.
_RENAMED = (
    (re.compile(r"^embeddings\.LayerNorm\."), "layernorm."),
    (re.compile(r"^(encoder\.layer\.\d+\.(?:cross)?attention)\.self\."), r"\1.attention."),
)
# The half of the Q-Former that reads text, which no query sees, and a buffer of numbers 0, 1, 2 …
_TEXT = re.compile(
    r"^embeddings\.(word_embeddings|position_embeddings)\.weight$|^embeddings\.position_ids$"
    r"|^encoder\.layer\.\d+\.(intermediate|output)\."
)


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

    def forward(self, rows_NTD: Tensor, real_NT: Tensor) -> Tensor:
        """What the queries (N, Q, H) read; rows that are not real are not read."""
        read_NQH: Tensor = self.net(
            query_embeds=self.queries.expand(len(rows_NTD), -1, -1),
            encoder_hidden_states=rows_NTD,
            encoder_attention_mask=real_NT,
        ).last_hidden_state
        return read_NQH


def load_original(
    net: QFormer,
    tensors: Mapping[str, Tensor],
    *,
    prefix: str = "Qformer.",
    queries: str = "query_tokens",
) -> None:
    """Fill a Q-Former from BLIP-2's file, or another of its line such as Video-LLaMA's.

    `tensors` may have more than the Q-Former: only what begins with `prefix` is looked at.

    Raises:
        InputError: a tensor is missing, left over or of another shape; all are listed.
    """
    renamed = {
        _renamed(name.removeprefix(f"{prefix}bert.")): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix) and not _of_text(name.removeprefix(prefix))
    }
    given = {f"net.{name}": tensor for name, tensor in renamed.items()}
    if queries in tensors:
        given["queries"] = tensors[queries]
    wanted = net.state_dict()
    wrong = [
        *(f"{name} is missing" for name in wanted if name not in given),
        *(f"{name} is left over" for name in given if name not in wanted),
        *(
            f"{name} is {tuple(given[name].shape)}, wanted {tuple(tensor.shape)}"
            for name, tensor in wanted.items()
            if name in given and given[name].shape != tensor.shape
        ),
    ]
    if wrong:
        raise InputError(
            f"These are not the weights of this Q-Former (looked for {prefix}* and {queries}): "
            + "; ".join(wrong)
        )
    net.load_state_dict(given)


def _of_text(name: str) -> bool:
    return name.startswith("cls.") or bool(_TEXT.match(name.removeprefix("bert.")))


def _renamed(name: str) -> str:
    for pattern, replacement in _RENAMED:
        name = pattern.sub(replacement, name)
    return name
