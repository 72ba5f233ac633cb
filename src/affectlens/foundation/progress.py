"""How a stage tells how far it is, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Called with a stage's name and the share that is done, 0.0–1.0; called often, cheap."""

    def __call__(self, stage: str, share: float) -> None:
        """Take note."""


def silent(stage: str, share: float) -> None:
    """The listener that does not listen."""
