"""`Augment`: how many changed copies of clips are learned from."""

from dataclasses import dataclass

from affectlens.training.bounds import above


@dataclass(frozen=True, kw_only=True, slots=True)
class Augment:
    """Changed copies of each clip, made before encoders see them; what is held back has none.

    Each copy is drawn from the clip's id and its number alone: see `encoders.augment`.
    """

    copies: int = 0  # beside the clip as it is

    def __post_init__(self) -> None:
        above("data.*.augment.copies", self.copies, 0, itself=True)
