"""Sizes of EVA ViT nets."""

from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError

PATCH = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """The defaults are the released net's at 448 pixels, as LAVIS cuts it; `side` is in pixels."""

    width: int = 1408
    side: int = 448
    depth: int = 39  # the released file holds a 40th block, which nobody uses
    heads: int = 16

    def __post_init__(self) -> None:
        if self.side < PATCH or self.side % PATCH:
            raise ConfigError(f"EVA's side is a multiple of {PATCH} pixels; got {self.side}.")
        if self.width % self.heads:
            raise ConfigError(f"EVA's width {self.width} is no multiple of {self.heads} heads.")

    @property
    def grid(self) -> int:
        """Patches per side."""
        return self.side // PATCH
