"""`Contents`: what tells clips apart, in 28 bytes each."""

# N clips, or the clips that they are put together of

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item
from affectlens.training.shown import words

UNKNOWN = 0  # a checksum that nobody told
NOT_THERE = -1  # bytes of a file that is not there


def short(text: str) -> int:
    """A number that hardly two of a million texts share; whoever finds two looks again."""
    data = text.encode(errors="backslashreplace")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


@dataclass(slots=True)
class Contents:
    """Clips of one source; only ever added to, in the order of their numbers.

    One that is put together of others has a row for each of these.
    """

    _indices: "array[int]" = field(default_factory=lambda: array("I"))
    _ids: "array[int]" = field(default_factory=lambda: array("Q"))
    _sums: "array[int]" = field(default_factory=lambda: array("Q"))
    _sizes: "array[int]" = field(default_factory=lambda: array("q"))
    _clips: int = 0

    def add(self, index: int, clips: Sequence[tuple[str, Item]]) -> None:
        """Remember a clip by what it consists of; of files without a told checksum, the size."""
        self._clips += 1
        for source, item in clips:
            told = told_of(item)
            self._indices.append(index)
            self._ids.append(short_id(source, item.id))
            self._sums.append(UNKNOWN if told is None else short(told))
            self._sizes.append(size_of(item) if told is None else NOT_THERE)

    def __len__(self) -> int:
        return self._clips

    @property
    def indices(self) -> NDArray[np.uint32]:
        """Numbers in the source, (N,)."""
        return np.array(self._indices, np.uint32)

    @property
    def ids(self) -> NDArray[np.uint64]:
        """Ids, `short_id`, (N,)."""
        return np.array(self._ids, np.uint64)

    @property
    def sums(self) -> NDArray[np.uint64]:
        """Checksums that were told, `short`, or UNKNOWN, (N,)."""
        return np.array(self._sums, np.uint64)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes of files whose checksum was not told, or NOT_THERE, (N,)."""
        return np.array(self._sizes, np.int64)


def short_id(source: str, clip: str) -> int:
    """Of a clip of a source."""
    return short(f"{source}\0{clip}")


def told_of(item: Item) -> str | None:
    """The checksum of a clip that is known without reading its file; of words alone, theirs."""
    told = item.annotation.source.sha256
    if not isinstance(told, Missing):
        return told
    said = words(item.annotation.subtitle) if isinstance(item.media, Missing) else None
    return None if said is None else sha256_of_text(f"words\0{' '.join(said.casefold().split())}")


def size_of(item: Item) -> int:
    """Bytes of a clip's file."""
    if isinstance(item.media, Missing):
        return NOT_THERE
    try:
        return item.media.stat().st_size
    except OSError:
        return NOT_THERE
