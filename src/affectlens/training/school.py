"""`School`: how a small encoder of our own learns, before the stages that are shown through it."""

from dataclasses import dataclass
from typing import Literal

from affectlens.training.bounds import above


@dataclass(frozen=True, kw_only=True, slots=True)
class School:
    """Pictures of faces with people's votes: masked pictures first, then the votes themselves.

    Without labels the net fills in what was hidden of a picture (after masked autoencoders, arXiv
    2111.06377); then it learns the share of people's votes for each emotion (FER+, arXiv
    1608.01041). Streams of the system that have the encoder are shown through what was learned.
    """

    encoder: str = "face_cnn"  # of `encoders/backends/`; its streams take the schooled weights
    data: tuple[str, ...] = ()  # names of `Recipe.data` whose items have votes
    masked_epochs: int = 0
    epochs: int = 1
    batch: int = 128
    peak: float = 3e-3  # learning rate of AdamW, by one cycle
    decay: float = 0.05
    rare: float = 0.5  # faces of rare emotions are drawn more often, by this power of their rarity
    # Of convolutions; weights stay in 32 bits. In 16 bits it is much faster where processors can.
    precision: Literal["float32", "bfloat16"] = "bfloat16"

    def __post_init__(self) -> None:
        above("schools.*.masked_epochs", self.masked_epochs, 0, itself=True)
        for name in ("epochs", "batch"):
            above(f"schools.*.{name}", getattr(self, name), 1, itself=True)
        above("schools.*.peak", self.peak, 0)
        for name in ("decay", "rare"):
            above(f"schools.*.{name}", getattr(self, name), 0, itself=True)
