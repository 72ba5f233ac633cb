"""`Format`: a data set as another tool has it.

A format is a file of `annotation/formats/` with `TITLE`, and `write`, `read` or both. What is
written is the same bytes for the same annotations, each file whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from affectlens.annotation.annotation import Annotation

GROUP = "annotation.formats"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a format may want to know of the whole data set."""

    root: Path  # its folder: `Annotation.media` is below it
    name: str = "affectlens"
    licence: str = ""
    recipe_sha256: str = ""


class Writer(Protocol):
    """What a format offers as `write`."""

    def __call__(self, annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
        """Write the kept annotations into a folder; gives the files that were written.

        Raises:
            ConfigError: something has no place in this format, such as a label outside its space.
        """


class Reader(Protocol):
    """What a format offers as `read`."""

    def __call__(self, path: Path) -> list[Annotation]:
        """The annotations of a folder or file; what the format has no place for is Missing.

        Raises:
            InputError: it is not there, or damaged; tells file and row.
        """
