"""Numpy's files as plain values: what was written comes back, and what is too much does not."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpora.made_arrays import LABELS, ODD, object_file, of_bytes, same

from affectlens.corpora import pickled, plain
from affectlens.foundation.errors import InputError, LimitError


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", [LABELS, ODD, [LABELS, LABELS]], ids=["labels", "odd", "twice"])
def test_what_was_pickled_by_any_protocol_comes_back(
    tmp_path: Path, protocol: int, value: Any
) -> None:
    array = np.empty((), dtype=object)
    array[()] = value
    assert same(of_bytes(tmp_path, object_file(pickle.dumps(array, protocol))), value)


def test_files_of_numpy_before_2_come_back_too(tmp_path: Path) -> None:
    new = pickle.dumps(np.array([LABELS, ODD["floats"], np.float64(2)], dtype=object), 2)
    old = new.replace(b"numpy._core", b"numpy.core")
    assert old != new
    found = of_bytes(tmp_path, object_file(old, (3,)))
    assert same(found, np.array([LABELS, ODD["floats"], np.float64(2)], dtype=object))


def test_arrays_of_an_archive_come_back_by_name(tmp_path: Path) -> None:
    path = tmp_path / "label-6way.npz"
    arrays: dict[str, Any] = {
        "train_corpus": np.array(LABELS),
        "reply": np.array("[happy, sad]"),
        "count": np.array(7),
        "features": ODD["columns first"],
        "fileitems": np.array(["a", None], dtype=object),
    }
    np.savez_compressed(path, **arrays)
    found = plain.read_npz(path)
    assert list(found) == list(arrays)
    assert same(found["train_corpus"], LABELS)
    assert found["reply"] == "[happy, sad]"
    assert found["count"] == 7
    assert same(found["features"], arrays["features"])
    assert same(found["fileitems"], arrays["fileitems"])


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.binary(),
    lambda inner: st.lists(inner, max_size=4)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    | st.sets(st.integers(), max_size=3),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(plain_data, st.integers(0, 5))
def test_all_plain_data_comes_back(value: Any, protocol: int) -> None:
    assert same(pickled.decode(pickle.dumps(value, protocol), "it"), value)


def test_text_beyond_unicode_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.array(["a"]))
    raw = stream.getvalue()
    with pytest.raises(InputError, match=r"a\.npy"):
        of_bytes(tmp_path, raw[:-4] + b"\xff\xff\xff\xff")


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "MOST_BYTES", 2**20)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, a=np.zeros(100_000, np.uint8), b=np.zeros(2**20, np.uint8))
    assert path.stat().st_size < 10_000
    with pytest.raises(LimitError, match=r"bomb\.npz, b\.npy"):
        plain.read_npz(path)
    (tmp_path / "big.npy").write_bytes(bytes(2**20 + 1))
    with pytest.raises(LimitError, match=r"big\.npy"):
        plain.read_npy(tmp_path / "big.npy")


def test_what_is_no_file_of_numpy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for raw in (b"", b"PK\x05\x06", b"PK\x03\x04 and so on", b"name,label\na,happy\n"):
        path.write_bytes(raw)
        with pytest.raises(InputError, match=r"a\.npz"):
            plain.read_npz(path)
        with pytest.raises(InputError, match=r"a\.npy"):
            of_bytes(tmp_path, raw)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no array")
    with pytest.raises(InputError, match=r"a\.npz, readme\.txt"):
        plain.read_npz(path)
    with pytest.raises(InputError, match="no file"):
        plain.read_npz(tmp_path / "none.npz")
    with pytest.raises(InputError, match="no file"):
        plain.read_npy(tmp_path / "none.npy")


def test_a_header_and_what_follows_have_one_size(tmp_path: Path) -> None:
    payload = pickle.dumps(np.array([1, 2, 3], dtype=object))
    assert of_bytes(tmp_path, object_file(payload, (3, 1))).shape == (3, 1)
    for wrong in (object_file(payload, (5,)), object_file(pickle.dumps({"a": 1}))):
        with pytest.raises(InputError, match="another thing"):
            of_bytes(tmp_path, wrong)


def test_rows_of_mixed_types_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([(1, None)], dtype=[("a", int), ("b", object)]))
    with pytest.raises(InputError, match="header"):
        plain.read_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("code", ["<U0", "|S0"])
def test_texts_without_a_letter_cannot_make_an_array_without_end(tmp_path: Path, code: str) -> None:
    def empty(texts: int) -> bytes:
        header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': ({texts},), }}".encode()
        return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header

    assert of_bytes(tmp_path, empty(3)).tolist() in (["", "", ""], [b"", b"", b""])
    with pytest.raises(InputError, match="empty texts"):
        of_bytes(tmp_path, empty(10**11))
