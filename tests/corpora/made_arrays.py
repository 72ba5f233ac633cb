"""What arrays of labels hold, and .npy files made by hand."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from affectlens.corpora import plain

LABELS = {
    "sample_00000000": {"emo": "happy", "val": 0.5},
    "samplenew_00006611": {"emo": "sad", "val": -10},
    "三": {"emo": np.str_("angry"), "val": np.float64(1.25)},
}
ODD = {
    "floats": np.arange(6.0).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "big end": np.array([1, 2], dtype=">i4"),
    "none": np.array([], dtype=np.float32),
    "words": np.array(["q", "rré"]),
    "an empty word": np.array([""]),
    "objects": np.array([1, [2], None, {"a": 1}], dtype=object),
    "scalars": [np.int64(3), np.float32(0.5), np.bool_(True), np.str_("hé"), np.str_("")],
    "bytes": [b"", b"\xff\0", "é"],
    "numbers": [None, True, False, 0, -5, 10**20, -(10**10), 1.5, float("inf"), 300, 70000],
    "nested": [[], [[1, (2, (3, 4), 5, 6, 7)], ()], {"a": {"b": {}}}],
    "sets": [{1, 2}, frozenset({"x"}), set()],
    "keys": {1: "a", (1, "b"): "c", b"d": None, None: 0.5},
}


def same(found: Any, wanted: Any) -> bool:
    """Whether two values are equal down to their types."""
    if type(found) is not type(wanted):
        return False
    if isinstance(wanted, np.ndarray):
        return (
            found.dtype == wanted.dtype
            and found.shape == wanted.shape
            and all(map(same, found.tolist(), wanted.tolist()))
        )
    if isinstance(wanted, dict):
        return list(found) == list(wanted) and all(same(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    return bool(found == wanted)


def object_file(payload: bytes, shape: tuple[int, ...] = ()) -> bytes:
    """An .npy file of objects with a payload of our own."""
    stream = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": "|O"}
    npy.write_array_header_1_0(stream, header)
    return stream.getvalue() + payload


def of_bytes(tmp_path: Path, raw: bytes) -> Any:
    """What is read of an .npy file."""
    path = tmp_path / "a.npy"
    path.write_bytes(raw)
    return plain.read_npy(path)
