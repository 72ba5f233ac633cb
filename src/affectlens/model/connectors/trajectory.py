"""Rows over time become one or two tokens by a small net that sees how they change."""

# N samples, T rows, H width of the net

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import single
from affectlens.model.pooled import Timed
from affectlens.model.word_sized import WORD, check

_KERNEL = 3
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


class Trajectory(Timed):
    """`tokens` tokens."""

    def __init__(self, config: Config, source_width: int, width: int) -> None:
        super().__init__(config, source_width, width, kernel=_KERNEL, entry_dropout=config.dropout)

    def seen(self, x_NTH: Tensor, real_NT: Tensor) -> Sequence[Tensor]:
        """The mean over time, and the greatest."""
        unreal_NT1 = ~real_NT[..., None]
        mean_NH = x_NTH.masked_fill(unreal_NT1, 0).sum(1) / real_NT.sum(1, keepdim=True)
        greatest_NH = x_NTH.masked_fill(unreal_NT1, -torch.inf).amax(1)
        return [mean_NH, greatest_NH][: self.tokens]


def build(config: Config, widths: Sequence[int], width: int) -> Trajectory:
    """A connector of one source."""
    return Trajectory(config, single("trajectory", widths), width)
