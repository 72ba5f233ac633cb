"""GGUF files, version 3: their fields, and their tensors dequantised to float32.

Only the kinds of tensors that carried models have are read. Transformers reads more of them, by way
of the package `gguf`, and takes 17 s over SmolLM2-135M where this takes 2 s.
"""

# B blocks of 32 numbers, K bytes of a block

import math
import mmap
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import InputError

Floats = NDArray[np.float32]
_Bytes = NDArray[np.uint8]

_MAGIC = b"GGUF"
_VERSION = 3
_ALIGNED = 32  # bytes, where no field says otherwise
_BLOCK = 32  # numbers
_NUMBERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_TEXT, _LIST = 8, 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file a tensor lies, and as what."""

    shape: tuple[int, ...]  # as torch counts, the slowest first
    kind: int
    start: int


@dataclass(frozen=True, slots=True)
class Gguf:
    """A file that was opened: `fields` by name, and `places` of the tensors by name."""

    path: Path
    fields: Mapping[str, Any]
    places: Mapping[str, Place]

    def tensors(self) -> Iterator[tuple[str, Floats]]:
        """Every tensor, one after the other.

        Raises:
            InputError: one is of a kind that is not read here, or the file ends too early.
        """
        with self.path.open("rb") as file:
            for name, place in self.places.items():
                numbers = math.prod(place.shape)
                if place.kind not in _KINDS:
                    raise InputError(
                        f"{self.path}: {name} is quantised as kind {place.kind}; kinds that are "
                        f"read: {', '.join(map(str, _KINDS))}."
                    )
                size, unpack = _KINDS[place.kind]
                file.seek(place.start)
                data = file.read(numbers // _BLOCK * size)
                if numbers % _BLOCK or len(data) < numbers // _BLOCK * size:
                    raise InputError(f"{self.path} has not all of {name}.")
                blocks_BK = np.frombuffer(data, np.uint8).reshape(-1, size)
                yield name, unpack(blocks_BK).reshape(place.shape)


def opened(path: Path) -> Gguf:
    """The fields of a file and where its tensors lie.

    Raises:
        InputError: it is no whole GGUF file of version 3.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data, path)
    except (OSError, struct.error, KeyError, ValueError) as error:
        raise InputError(f"{path} is no whole GGUF file: {error}") from None


def _read(data: mmap.mmap, path: Path) -> Gguf:
    cursor = _Cursor(data)
    magic, version = bytes(data[:4]), struct.unpack_from("<I", data, 4)[0]
    if magic != _MAGIC or version != _VERSION:
        raise InputError(f"{path} is no GGUF file of version 3: {magic!r}, {version}.")
    cursor.at = 8
    tensors, count = cursor.number("Q"), cursor.number("Q")
    fields = {cursor.text(): cursor.value(cursor.number("I")) for _ in range(count)}
    stated = {cursor.text(): _stated(cursor) for _ in range(tensors)}
    aligned = fields.get("general.alignment", _ALIGNED)
    start = -(-cursor.at // aligned) * aligned
    places = {
        name: Place(shape, kind, start + offset) for name, (shape, kind, offset) in stated.items()
    }
    return Gguf(path, fields, places)


def _stated(cursor: "_Cursor") -> tuple[tuple[int, ...], int, int]:
    """Shape, kind and offset of a tensor."""
    sizes = [cursor.number("Q") for _ in range(cursor.number("I"))]
    return tuple(reversed(sizes)), cursor.number("I"), cursor.number("Q")


class _Cursor:
    """Reads numbers, texts and lists one after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.at = 0

    def number(self, kind: str) -> Any:
        value = struct.unpack_from(f"<{kind}", self._data, self.at)[0]
        self.at += struct.calcsize(kind)
        return value

    def text(self) -> str:
        size = self.number("Q")
        self.at += size
        if self.at > len(self._data):
            raise ValueError("a text ends behind its end")
        return self._data[self.at - size : self.at].decode()

    def value(self, kind: int) -> Any:
        if kind == _TEXT:
            return self.text()
        if kind != _LIST:
            return self.number(_NUMBERS[kind])
        inner, count = self.number("I"), self.number("Q")
        return [self.value(inner) for _ in range(count)]


def _float32(blocks_BK: _Bytes) -> Floats:
    return blocks_BK.view("<f4").astype(np.float32)


def _float16(blocks_BK: _Bytes) -> Floats:
    return blocks_BK.view("<f2").astype(np.float32)


def _q4_1(blocks_BK: _Bytes) -> Floats:
    """A scale, a least value, then 4 bits a number: first halves of bytes, then second ones."""
    scale_B1, least_B1 = np.split(_float16(blocks_BK[:, :4].copy()), 2, axis=1)
    halves_BK = np.concatenate([blocks_BK[:, 4:] & 15, blocks_BK[:, 4:] >> 4], axis=1)
    return scale_B1 * halves_BK.astype(np.float32) + least_B1


def _q8_0(blocks_BK: _Bytes) -> Floats:
    """A scale, then 8 bits a number."""
    scale_B1 = _float16(blocks_BK[:, :2].copy())
    return scale_B1 * blocks_BK[:, 2:].copy().view(np.int8).astype(np.float32)


# By the format's numbers of kinds: bytes of a block of 32 numbers, and how it is unpacked.
_KINDS: Mapping[int, tuple[int, Callable[[_Bytes], Floats]]] = {
    0: (128, _float32),
    1: (64, _float16),
    3: (20, _q4_1),
    8: (34, _q8_0),
}
