"""`Connector`: from the features of a stream to tokens as wide as the language model.

A connector is one file in `model/connectors/` with
- `Config`: a frozen, keyword-only dataclass of plain values, all with defaults;
- `build(config, widths, width) -> Connector`: `widths` are those of the stream's sources in their
  order, `width` that of the language model; builds on whatever device is the default (also "meta").
  Raises ConfigError when it cannot take so many sources or such widths;
- where it has sizes of its own, `tiny(config) -> Config`: the same connector small, behind tiny
  encoders (their pictures have 4 × 4 patches).
"""

# N samples, S tokens, D width

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from affectlens.foundation.errors import ConfigError
from affectlens.model.padded import Padded

GROUP = "model.connectors"


class Connector(nn.Module, ABC):
    """A small trainable net; the same numbers whether a sample comes alone or in a batch."""

    @abstractmethod
    def count(self, lengths: Sequence[int]) -> int:
        """Tokens that one sample gives whose sources have so many rows; no weights are touched.

        Raises:
            InputError: it cannot take so many rows; says how many it can.
        """

    @abstractmethod
    def forward(self, inputs: Sequence[Padded]) -> Tensor:
        """Tokens (N, S, D) of samples that all have the stream.

        S is the most of any sample; sample n has `count` of its lengths, behind them is padding.
        """


def single(name: str, widths: Sequence[int]) -> int:
    """The width of the one source of a connector that takes one.

    Raises:
        ConfigError: there are several or none.
    """
    if len(widths) != 1:
        raise ConfigError(f"The connector {name} takes one source; the stream has {len(widths)}.")
    return widths[0]
