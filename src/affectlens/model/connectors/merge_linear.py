"""Some rows in succession become one token: joined end to end, then a linear layer."""

# N samples, T rows, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """MiniGPT-v2 and Emotion-LLaMA join 4: a strip of 1 × 4 patches, as they lie row-major."""

    group: int = 4

    def __post_init__(self) -> None:
        if self.group < 1:
            raise ConfigError(f"merge_linear joins groups of at least 1 row; got {self.group}.")


class MergeLinear(Connector):
    """As many tokens as groups."""

    def __init__(self, group: int, source_width: int, width: int) -> None:
        super().__init__()
        self.group = group
        self.linear = nn.Linear(group * source_width, width)

    def count(self, lengths: Sequence[int]) -> int:
        """A group makes a token."""
        (rows,) = lengths
        if rows % self.group:
            raise InputError(
                f"merge_linear joins groups of {self.group} rows, and {rows} rows do not divide "
                f"into them; it takes {self.group}, {2 * self.group}, {3 * self.group} …"
            )
        return rows // self.group

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        values_NTD = inputs[0]["values_NTD"]
        samples, rows, source_width = values_NTD.shape
        joined_NSD = values_NTD.reshape(samples, rows // self.group, self.group * source_width)
        tokens_NSD: Tensor = self.linear(joined_NSD)
        return tokens_NSD


def build(config: Config, widths: Sequence[int], width: int) -> MergeLinear:
    """A connector of one source."""
    return MergeLinear(config.group, single("merge_linear", widths), width)
