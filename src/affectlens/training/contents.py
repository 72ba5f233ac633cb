"""`Contents`: what tells clips apart, in 28 bytes each."""

# N clips

import hashlib
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.training.item import Item

UNKNOWN = 0  # a checksum that nobody told
NOT_THERE = -1  # bytes of a file that is not there


def short(text: str) -> int:
    """A number that hardly two of a million texts share; whoever finds two looks again."""
    data = text.encode(errors="backslashreplace")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


@dataclass(slots=True)
class Contents:
    """Clips of one source; only ever added to, in the order of their numbers."""

    _indices: "array[int]" = field(default_factory=lambda: array("I"))
    _ids: "array[int]" = field(default_factory=lambda: array("Q"))
    _sums: "array[int]" = field(default_factory=lambda: array("Q"))
    _sizes: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, index: int, item: Item) -> None:
        """Remember a clip; of a file whose checksum is not told, its size."""
        told = item.annotation.source.sha256
        self._indices.append(index)
        self._ids.append(short(item.id))
        self._sums.append(UNKNOWN if isinstance(told, Missing) else short(told))
        self._sizes.append(size_of(item) if isinstance(told, Missing) else NOT_THERE)

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def indices(self) -> NDArray[np.uint32]:
        """Numbers in the source, (N,)."""
        return np.array(self._indices, np.uint32)

    @property
    def ids(self) -> NDArray[np.uint64]:
        """Ids, `short`, (N,)."""
        return np.array(self._ids, np.uint64)

    @property
    def sums(self) -> NDArray[np.uint64]:
        """Checksums that were told, `short`, or UNKNOWN, (N,)."""
        return np.array(self._sums, np.uint64)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes of files whose checksum was not told, or NOT_THERE, (N,)."""
        return np.array(self._sizes, np.int64)


def size_of(item: Item) -> int:
    """Bytes of a clip's file."""
    if isinstance(item.media, Missing):
        return NOT_THERE
    try:
        return item.media.stat().st_size
    except OSError:
        return NOT_THERE
