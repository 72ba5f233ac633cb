"""`word_sized`: tokens of streams as large as the language model's words."""

from torch import nn

from affectlens.foundation.errors import ConfigError

WORD = 0.1  # deviation of the word embeddings of SmolLM2-135M


def word_sized(width: int, size: float) -> nn.RMSNorm:
    """Brings each token to `size` (root mean square), and learns from there."""
    norm = nn.RMSNorm(width, eps=1e-6)
    nn.init.constant_(norm.weight, size)
    return norm


def check(connector: str, size: float, dropout: float) -> None:
    """Settings that connectors of this kind share.

    Raises:
        ConfigError: they make no sense.
    """
    if size <= 0 or not 0 <= dropout < 1:
        raise ConfigError(
            f"{connector}: tokens have a size above 0, and dropout is from 0 up to 1; got "
            f"{size} and {dropout}."
        )
