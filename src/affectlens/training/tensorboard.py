"""`Curves`: the journal's numbers for TensorBoard, where it is installed."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def is_there() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("tensorboard") is not None


class Curves:
    """Event files in a folder; None: there are none. Wants the package: see `is_there`."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writer: Any = None

    def begin(self, step: int) -> None:
        """Open the folder; what it has after a step is hidden."""
        if self._folder is None:
            return
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self._folder), purge_step=step + 1)

    def add(self, part: str, step: int, numbers: Mapping[str, object]) -> None:
        """The numbers of a step."""
        if self._writer is None:
            return
        for name, value in numbers.items():
            if isinstance(value, Mapping):
                self.add(f"{part}/{name}", step, value)
            elif isinstance(value, int | float):
                self._writer.add_scalar(f"{part}/{name}", value, step)
        self._writer.flush()

    def end(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
