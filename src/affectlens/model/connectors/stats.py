"""Any number of rows become a few tokens: their mean, the most telling of them, how they vary."""

# N samples, T rows, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import single
from affectlens.model.pooled import Pooled
from affectlens.model.word_sized import WORD, check

_KINDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`tokens` 1 is the mean; 2: and the most telling rows, by a learned score; 3: and deviation.

    That is the standard deviation of each feature, 0 of a single row. `size` is the tokens' root
    mean square to begin with, best that of the language model's words.
    """

    tokens: int = 2
    standardise: bool = True
    dropout: float = 0.3
    size: float = WORD

    def __post_init__(self) -> None:
        check("stats", self.size, self.dropout)
        if not 1 <= self.tokens <= _KINDS:
            raise ConfigError(f"stats makes 1 to {_KINDS} tokens; got tokens={self.tokens}.")


class Stats(Pooled):
    """`tokens` tokens."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__(config, source_width, width, pooled_width=source_width)
        self.score = nn.Linear(source_width, 1, bias=False) if config.tokens > 1 else None

    def pooled(self, x_NTD: Tensor, real_NT: Tensor) -> list[Tensor]:
        """The mean, the most telling row, the deviation."""
        rows_N1 = real_NT.sum(1, keepdim=True)
        mean_ND = x_NTD.sum(1) / rows_N1
        pooled = [mean_ND]
        if self.score is not None:
            scores_NT1 = self.score(x_NTD).masked_fill(~real_NT[..., None], -torch.inf)
            pooled.append((scores_NT1.softmax(1) * x_NTD).sum(1))
        if self.tokens == _KINDS:
            apart_NTD = (x_NTD - mean_ND[:, None]).masked_fill(~real_NT[..., None], 0)
            pooled.append((apart_NTD.square().sum(1) / rows_N1).sqrt())
        return pooled


def build(config: Config, widths: Sequence[int], width: int) -> Stats:
    """A connector of one source."""
    return Stats(config, single("stats", widths), width)
