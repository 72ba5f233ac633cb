"""The authors' feature files are read as they are, or refused with what was wanted."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.encoders.made_clips import clip, film

from affectlens.encoders.features import Features
from affectlens.encoders.folders import read
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

CLIP = clip(film(40))  # "made.mp4", 4 s
ROW = np.arange(8, dtype=np.float32)


def saved(folder: Path, array: NDArray[np.generic]) -> Path:
    np.save(folder / "made.npy", array)
    return folder


@pytest.mark.parametrize("shape", [(8,), (1, 8), (1, 1, 8)])
def test_one_row_is_read_in_every_published_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    found = read(saved(tmp_path, ROW.reshape(shape)), CLIP, width=8)
    assert isinstance(found, Features)
    assert np.array_equal(found.values_TD, ROW[None])
    assert found.times_T.tolist() == [0.0]


def test_many_rows_keep_their_order_and_are_spread_over_the_clip(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(1, 64, 8)).astype(np.float32)
    found = read(saved(tmp_path, rows), CLIP, width=8)
    assert isinstance(found, Features)
    assert np.array_equal(found.values_TD, rows[0])
    assert np.allclose(found.times_T, np.arange(64) * 4 / 64)


def test_other_precisions_become_float32(tmp_path: Path) -> None:
    for dtype in (np.float16, np.float64):
        found = read(saved(tmp_path, ROW.astype(dtype)), CLIP, width=8)
        assert isinstance(found, Features)
        assert found.values_TD.dtype == np.float32


def test_a_file_that_is_not_there_is_missing_by_its_path(tmp_path: Path) -> None:
    found = read(tmp_path, CLIP, width=8)
    assert isinstance(found, Missing)
    assert str(tmp_path / "made.npy") in found.reason


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((1, 7), np.float32), r"found \(1, 7\)"),
        (np.zeros((2, 4, 8), np.float32), r"found \(2, 4, 8\)"),
        (np.zeros((0, 8), np.float32), r"found \(0, 8\)"),
        (np.zeros((), np.float32), r"found \(\)"),
        (np.zeros(8, np.int64), "found int64"),
        (np.full(8, np.nan, np.float32), "not finite"),
        (np.full(8, 1e300), "not finite"),  # too large for float32
        (np.array([{}], dtype=object), "cannot be read"),
    ],
)
def test_what_is_not_such_features_is_refused(
    tmp_path: Path, array: NDArray[np.generic], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refusal:
        read(saved(tmp_path, array), CLIP, width=8)
    assert "wanted numbers of shape (8,), (1, 8) or (1, T, 8)" in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"words", b"PK\x03\x04"])
def test_a_file_that_is_no_array_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "made.npy").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, CLIP, width=8)


def test_an_archive_of_arrays_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "made.npy").open("wb") as file:
        np.savez(file, a=ROW)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, CLIP, width=8)
