"""Each row becomes a token by a small network of linear layers, as in LLaVA-1.5."""

# N samples, T rows, S tokens, D width

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.connector import Connector, single
from affectlens.model.padded import Padded

ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Widths of the hidden layers; None is one as wide as the language model (LLaVA-1.5)."""

    hidden: tuple[int, ...] | None = None
    activation: str = "gelu"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ConfigError(f"The activation of mlp is one of {known}; got {self.activation!r}.")
        if any(hidden < 1 for hidden in self.hidden or ()):
            raise ConfigError(f"Hidden layers of mlp are at least 1 wide; got {self.hidden}.")


class Mlp(Connector):
    """As many tokens as rows."""

    def __init__(self, widths: Sequence[int], activation: type[nn.Module]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
        for before, after in pairwise(widths[1:]):
            layers += [activation(), nn.Linear(before, after)]
        self.layers = nn.Sequential(*layers)

    def count(self, lengths: Sequence[int]) -> int:
        """A row makes a token."""
        return lengths[0]

    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D)."""
        tokens_NSD: Tensor = self.layers(inputs[0]["values_NTD"])
        return tokens_NSD


def build(config: Config, widths: Sequence[int], width: int) -> Mlp:
    """A connector of one source."""
    hidden = (width,) if config.hidden is None else config.hidden
    return Mlp((single("mlp", widths), *hidden, width), ACTIVATIONS[config.activation])
