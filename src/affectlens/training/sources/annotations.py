"""A data set of `affectlens annotate`: its folder, or the file of its annotations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.annotation.folder import DataFolder
from affectlens.annotation.stored import Stored
from affectlens.training.item import Item
from affectlens.training.items import Annotated

TITLE = "Data set of affectlens annotate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """There is nothing to set."""


def read(path: Path, config: Config) -> Sequence[Item]:
    """The kept clips, in the order of the file.

    Raises:
        InputError: there is no such file.
    """
    del config
    file = DataFolder(path).annotations if path.is_dir() else path
    return Annotated(Stored.of(file), (file.parent,), file.name).items()
