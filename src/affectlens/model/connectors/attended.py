"""Rows over time become a few tokens by attention: each head looks where it finds something.

Over how rows change (two convolutions over time), `tokens - 1` learned heads weigh the rows; the
last token is the deviation over time.
"""

# N samples, T rows, A heads, H width of the net

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import single
from affectlens.model.pooled import Timed
from affectlens.model.word_sized import WORD, check

_KERNEL = 5
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


class Attended(Timed):
    """`tokens` tokens."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__(
            config, source_width, width, kernel=_KERNEL, entry_dropout=config.entry_dropout
        )
        self.heads = nn.Linear(config.hidden, config.tokens - 1)

    def seen(self, x_NTH: Tensor, real_NT: Tensor) -> Sequence[Tensor]:
        """What each head looks at, and how much all changes."""
        scores_NTA = self.heads(torch.tanh(x_NTH)).masked_fill(~real_NT[..., None], -torch.inf)
        x_NTH = x_NTH.masked_fill(~real_NT[..., None], 0)
        seen_NAH = scores_NTA.softmax(1).transpose(1, 2) @ x_NTH
        return [*seen_NAH.unbind(1), _deviation(x_NTH, real_NT)]


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
