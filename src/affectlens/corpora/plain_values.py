"""What counts as plain data, and arrays made of their bytes; all of it from files nobody trusts."""

import itertools
import math
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import LimitError

_DEEPEST = 64
_MOST_NODES = 10_000_000  # written out, where shared parts count each time
_LONGEST_INT = 128  # bits
_LARGEST_SIDE = 2**40

_CODE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|[US]\d{1,7}|O[48]?)")
_SCALARS = (type(None), bool, int, float, str, bytes)


def check(value: Any, place: str) -> None:
    """Look at all of a value: only plain types, no thing inside itself, not too much.

    Raises:
        TypeError: there is something else in it.
        ValueError: it contains itself, or a number of too many digits.
        LimitError: it is nested too deep, or small only because its parts repeat.
    """
    _Walk(place).weigh(value, 0)


def keys(items: Iterable[Any]) -> Iterator[Any]:
    """Only what has a quick hash: single values, and tuples of such.

    Raises:
        TypeError: there is another.
    """
    for item in items:
        for part in item if type(item) is tuple else (item,):
            if type(part) not in _SCALARS and not isinstance(part, np.generic):
                raise TypeError(f"a {type(part).__name__} is no key")
        yield item


def numbers(
    raw: Any, dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran: bool
) -> NDArray[Any]:
    """An array of its bytes, which it shares and which cannot be written to.

    Raises:
        ValueError: there are too few or too many, or a letter of its text is none.
    """
    wanted = math.prod(shape) * dtype.itemsize
    if type(raw) is not bytes or len(raw) != wanted:
        raise ValueError(f"an array of {wanted} bytes has others")
    if wanted == 0:
        if math.prod(shape) > _MOST_NODES:
            raise ValueError("an array has more empty texts than any file of labels")
        return np.ndarray(shape, dtype)
    array = np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")
    if dtype.kind == "U":
        letters = np.frombuffer(raw, np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if letters.max() > sys.maxunicode:  # numpy itself finds out when a word is looked at
            raise ValueError("a letter of its text is none")
    return array


def plain_dtype(code: str) -> np.dtype[Any]:
    """The dtype of numbers, text or objects by numpy's code for it, such as "<f4".

    Raises:
        ValueError: it is of another kind, such as rows with fields.
    """
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"numbers of the type {code!r:.80} are no plain data")
    return np.dtype(object) if found[1].startswith("O") else np.dtype(code)


def check_dtype(dtype: Any) -> None:
    """Refuse what is no dtype by a TypeError."""
    if not isinstance(dtype, np.dtype):
        raise TypeError("an array has no dtype")


def check_shape(shape: Any) -> tuple[int, ...]:
    """A shape as numpy allows it; TypeError or ValueError otherwise."""
    if type(shape) is not tuple or len(shape) > 32:
        raise TypeError("an array has no shape")
    if any(type(size) is not int or not 0 <= size < _LARGEST_SIDE for size in shape):
        raise ValueError("an array has an odd shape")
    return shape


@dataclass(slots=True)
class _Walk:
    """What was weighed, so that a part that stands in many places is looked at once."""

    place: str
    known: dict[int, tuple[int, int]] = field(default_factory=dict)  # nodes and height, by id
    open: set[int] = field(default_factory=set)

    def weigh(self, value: Any, depth: int) -> tuple[int, int]:
        """How many nodes a value has, written out, and how high it stands."""
        inside = _inside(value)
        if inside is None:
            return 1, 0
        if id(value) in self.open:
            raise ValueError("something contains itself")
        if depth >= _DEEPEST:
            self._stop()
        if id(value) not in self.known:
            self.open.add(id(value))
            nodes, height = 1, 1
            for item in inside:
                more, above = self.weigh(item, depth + 1)
                nodes, height = nodes + more, max(height, above + 1)
            self.open.remove(id(value))
            self.known[id(value)] = nodes, height
        nodes, height = self.known[id(value)]
        if nodes > _MOST_NODES or depth + height > _DEEPEST:
            self._stop()
        return nodes, height

    def _stop(self) -> NoReturn:
        raise LimitError(f"{self.place} is nested too deep or repeats too much; it was not read.")


def _inside(value: Any) -> Iterable[Any] | None:
    """What a container contains; None for a single value."""
    if type(value) is int and value.bit_length() > _LONGEST_INT:
        raise ValueError("a whole number has too many digits")
    if isinstance(value, dict):
        return itertools.chain(value, value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return value
    if isinstance(value, np.ndarray):
        return list(value.flat) if value.dtype.hasobject else None
    if type(value) not in _SCALARS and not isinstance(value, np.generic):
        raise TypeError(f"a {type(value).__name__} is no plain data")
    return None
