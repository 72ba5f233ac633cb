"""FER+ in small: a few grey squares with made votes, in its Parquet columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

COLUMNS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
    "unknown", "NF",
)  # fmt: skip
TRAIN = [{"happiness": 9, "neutral": 1}, {"sadness": 5, "neutral": 5}, {"contempt": 7, "anger": 3}]
VALID = [{"anger": 6, "NF": 4}, {"fear": 4, "surprise": 3, "neutral": 3}]


def picture(shade: int) -> bytes:
    """A JPEG of 48 × 48 in one shade of grey."""
    done, data = cv2.imencode(".jpg", np.full((48, 48), shade, np.uint8))
    assert done
    return bytes(data)


def table(rows: list[dict[str, int]], first: int) -> Any:
    """Rows of votes as the Arrow table that FER+ is."""
    arrow = pytest.importorskip("pyarrow", reason="FER+ is Parquet, which pyarrow reads")
    columns: dict[str, list[Any]] = {
        "name": [f"fer{first + n:07}.png" for n in range(len(rows))],
        "jpeg": [picture(20 * (first + n)) for n in range(len(rows))],
    }
    votes = {name: [row.get(name, 0) for row in rows] for name in COLUMNS}
    return arrow.table(columns | votes)


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three faces to train on and two to develop with."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="FER+ is Parquet")
    root.mkdir(parents=True)
    parquet.write_table(table(TRAIN, 1), root / "train.parquet")
    parquet.write_table(table(VALID, 4), root / "valid.parquet")
    return {
        "default": {},
        "valid": {"split": "valid", "least": 6},
        "contempt": {"space": "ferplus8"},
    }
