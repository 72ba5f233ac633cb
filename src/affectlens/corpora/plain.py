"""Numpy's files as plain values, pickled dicts of labels included; nothing is ever unpickled.

`label-6way.npz` of MERTools and the results of AffectGPT are dicts in arrays of objects, which
numpy reads only by running what the file says.
"""

import math
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.corpora import pickled
from affectlens.corpora.plain_values import check_shape, numbers, plain_dtype
from affectlens.foundation.errors import InputError, LimitError

_MAGIC = b"\x93NUMPY"
_LENGTHS = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}  # bytes of the header's length, by version
# As numpy writes it; it would read any Python literal. "3L" is Python 2's.
_HEADER = re.compile(
    r"\{'descr': '([^']{1,20})', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,12}L?(?:, ?|(?=\))))*)\), \}\s*"
)

MOST_BYTES = 2**29  # of an array, and of an archive's arrays together, unpacked


def read_npz(path: Path) -> dict[str, Any]:
    """The arrays of an .npz file by name; one of no dimensions is what it holds, such as a dict.

    Raises:
        InputError: it is not there, damaged, or holds more than plain data.
        LimitError: it is larger than any file of labels.
    """
    found: dict[str, Any] = {}
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(_there(path)) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    raw = member.read(left + 1)
                place = f"{path.name}, {info.filename}"
                left -= len(raw)
                if left < 0:
                    raise _too_large(place)
                name = info.filename.removesuffix(".npy")
                if name in found:
                    raise InputError(f"{place} stands twice in the file.")
                found[name] = _array(raw, place)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{path.name} is no .npz file of numpy, or damaged: {error}.") from None
    return found


def read_npy(path: Path) -> Any:
    """The array of an .npy file; one of no dimensions is what it holds, such as text or a dict.

    Raises:
        InputError: it is not there, damaged, or holds more than plain data.
        LimitError: it is larger than any file of labels.
    """
    with _there(path).open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _too_large(path.name)
    return _array(raw, path.name)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    return path


def _too_large(place: str) -> LimitError:
    return LimitError(f"{place} is larger than {MOST_BYTES // 2**20} MiB; it was not read.")


def _array(raw: bytes, place: str) -> Any:
    """The array of an .npy file's bytes."""
    try:
        dtype, shape, fortran, data = _parts(raw)
        if not dtype.hasobject:
            return _bare(numbers(data, dtype, shape, fortran=fortran))
    except (ValueError, TypeError) as error:
        raise InputError(f"{place} is no plain array of numpy, or damaged: {error}.") from None
    found = pickled.decode(data, place)
    if not isinstance(found, np.ndarray) or found.size != math.prod(shape):
        raise InputError(f"{place} is damaged: it holds another thing than it says.")
    return _bare(found.reshape(shape))


def _parts(raw: bytes) -> tuple[np.dtype[Any], tuple[int, ...], bool, bytes]:
    """Dtype, shape, whether columns come first, and the bytes behind the header."""
    if not raw.startswith(_MAGIC) or raw[6:8] not in _LENGTHS:
        raise ValueError("it does not begin as one of version 1, 2 or 3 does")
    start = 8 + _LENGTHS[raw[6:8]]
    end = start + int.from_bytes(raw[8:start], "little")
    header = _HEADER.fullmatch(raw[start:end].decode("latin-1"))
    if header is None:
        raise ValueError("its header is not that of numbers, text or objects")
    shape = tuple(int(size.rstrip("L")) for size in header[3].replace(",", " ").split())
    return plain_dtype(header[1]), check_shape(shape), header[2] == "True", raw[end:]


def _bare(array: Any) -> Any:
    return array if array.ndim else array.item()
