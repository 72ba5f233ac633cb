"""Rows become a fixed number of tokens: means of equal shares of time, then a linear layer."""

# N samples, T rows, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded
from affectlens.model.pooling import over_time


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Emotion-LLaMA-v2 makes 64 tokens of Whisper's 1500 rows; fewer rows are repeated."""

    steps: int = 64

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ConfigError(f"time_pool makes at least 1 token; got steps={self.steps}.")


class TimePool(Connector):
    """`steps` tokens."""

    def __init__(self, steps: int, source_width: int, width: int) -> None:
        super().__init__()
        self.steps = steps
        self.linear = nn.Linear(source_width, width)

    def count(self, lengths: Sequence[int]) -> int:
        """Always `steps`."""
        return self.steps

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        tokens_NSD: Tensor = self.linear(over_time(inputs[0], self.steps))
        return tokens_NSD


def build(config: Config, widths: Sequence[int], width: int) -> TimePool:
    """A connector of one source."""
    return TimePool(config.steps, single("time_pool", widths), width)
