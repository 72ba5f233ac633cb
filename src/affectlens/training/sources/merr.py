"""MERR, as `affectlens dataset import` reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.annotation.formats import merr
from affectlens.training.item import Item
from affectlens.training.items import annotated

TITLE = merr.TITLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """There is nothing to set."""


def read(path: Path, config: Config) -> Sequence[Item]:
    """The clips of a folder or file; raises as the format does, a damaged row at once."""
    del config
    return annotated(merr.read(path), path)
