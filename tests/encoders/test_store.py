"""Features that were stored come back exactly, or are made anew."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affectlens.encoders.features import Features
from affectlens.encoders.store import FeatureStore, Made
from affectlens.encoders.view import Plan

MADE = Made(
    clip="0a",
    plan=Plan("faces", (0.5, 0.7), ((0.1, 0.1, 0.3, 0.3), (0.2, 0.1, 0.4, 0.3))),
    encoder="tiny",
    settings={"width": 3, "layers": (1, 2)},
    weights="ff",
    precision="torch.float32",
)
WIDTHS = {"tokens": 3, "cls": 2}
NAMES = tuple(WIDTHS)


def features(seed: int = 0) -> dict[str, Features]:
    rng = np.random.default_rng(seed)
    return {
        name: Features(rng.normal(size=(2, width)).astype(np.float32), np.array([0.5, 0.7]))
        for name, width in WIDTHS.items()
    }


def file_of(folder: Path) -> Path:
    (path,) = folder.rglob("*.cls.safetensors")
    return path


def test_what_was_put_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    given = features()
    FeatureStore(tmp_path).put(MADE, given)
    found = FeatureStore(tmp_path).get(MADE, NAMES)
    assert found is not None
    for name, one in given.items():
        assert np.array_equal(found[name].values_TD, one.values_TD)
        assert np.array_equal(found[name].times_T, one.times_T)
        assert found[name].values_TD.dtype == np.float32
        assert found[name].times_T.dtype == np.float64


@pytest.mark.parametrize(
    "other",
    [
        replace(MADE, clip="0b"),
        replace(MADE, plan=replace(MADE.plan, times_s=(0.5, 0.8))),
        replace(MADE, plan=replace(MADE.plan, boxes=MADE.plan.boxes[::-1])),
        replace(MADE, encoder="mae"),
        replace(MADE, settings={"width": 3, "layers": (2, 1)}),
        replace(MADE, weights="fe"),
        replace(MADE, precision="torch.bfloat16"),
    ],
)
def test_anything_else_that_decides_the_numbers_is_another_entry(
    tmp_path: Path, other: Made
) -> None:
    store = FeatureStore(tmp_path)
    store.put(MADE, features())
    assert store.get(other, NAMES) is None


def test_outputs_are_kept_one_by_one(tmp_path: Path) -> None:
    store, given = FeatureStore(tmp_path), features()
    store.put(MADE, {"cls": given["cls"]})
    assert store.get(MADE, NAMES) is None
    store.put(MADE, {"tokens": given["tokens"]})
    assert set(store.get(MADE, NAMES) or {}) == set(NAMES)
    assert set(store.get(MADE, ("tokens",)) or {}) == {"tokens"}


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "overwritten"])
def test_a_damaged_file_is_passed_over_with_a_warning(
    tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = FeatureStore(tmp_path)
    store.put(MADE, features())
    path = file_of(tmp_path)
    raw = bytearray(path.read_bytes())
    flipped = bytes(raw[:-3]) + bytes([raw[-3] ^ 1]) + bytes(raw[-2:])
    changed = {"cut": bytes(raw[:-1]), "flipped": flipped, "emptied": b"", "overwritten": b"x" * 99}
    path.write_bytes(changed[harm])
    with caplog.at_level(logging.WARNING):
        assert store.get(MADE, NAMES) is None
    assert "made anew" in caplog.text
    store.put(MADE, features())
    assert store.get(MADE, NAMES) is not None


def test_readers_and_writers_at_once_see_whole_features(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put(MADE, features(0))
    whole = {features(seed)["tokens"].values_TD.tobytes() for seed in range(20)}

    def turn(seed: int) -> bytes:
        store.put(MADE, features(seed))
        found = store.get(MADE, NAMES)
        assert found is not None
        return found["tokens"].values_TD.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(turn, range(20))) <= whole
    left = [path.suffix for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [".safetensors"] * len(NAMES)
