"""Tar shards of `affectlens annotate`: only where annotations stand in them is held in memory.

Media stay in the tar, so a clip has none unless its file also lies in the data set's folder:
features are then found by the clip's id, in the folder that `data.*.features` names.
"""

import json
import tarfile
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.annotation import document
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item
from affectlens.training.items import Items, file_of

TITLE = "WebDataset"

_LARGEST = 64 * 2**20  # bytes of an annotation


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """There is nothing to set."""


def read(path: Path, config: Config) -> Sequence[Item]:
    """Annotations of a shard, or of all in a folder in the order of their names.

    Raises:
        InputError: there is none, or one is damaged.
    """
    del config
    files = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise InputError(f"There is no tar shard at {path}.")
    shards = _Shards(files)
    return Items(shards.count, shards)


class _Shards:
    """Reads annotations by where they stand."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._places = array("Q")  # shard, start, bytes of each
        for number, file in enumerate(files):
            for start, size in _members(file):
                self._places.extend((number, start, size))

    @property
    def count(self) -> int:
        """Annotations of all shards."""
        return len(self._places) // 3

    def __call__(self, index: int) -> Item:
        """One clip.

        Raises:
            InputError: it is damaged; tells shard and place.
        """
        number, start, size = self._places[3 * index : 3 * index + 3]
        shard = self._files[number]
        place = f"{shard.name}, byte {start}"
        with shard.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        try:
            found = document.from_json(json.loads(data), f"annotation in {place},")
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place} is not JSON: {error}.") from None
        media = file_of(found.media, (shard.parent, shard.parent.parent))
        if isinstance(media, Missing):
            media = Missing(f"its media are in {shard.name} alone; see data.*.features")
        return Item(annotation=found, media=media, place=place)


def _members(file: Path) -> list[tuple[int, int]]:
    """Where annotations begin in a shard, and their bytes."""
    found = []
    try:
        with tarfile.open(file, "r:") as tar:
            while (member := tar.next()) is not None:
                if member.isfile() and member.name.endswith(".json") and member.size <= _LARGEST:
                    found.append((member.offset_data, member.size))
                # It would keep each of a million.
                tar.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, OSError) as error:
        raise InputError(f"{file} is no tar shard, or damaged: {error}.") from None
    return found
