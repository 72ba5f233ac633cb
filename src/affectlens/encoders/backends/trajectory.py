"""How a face moves: what was measured of it, at most sixteen rows over the time it is seen.

There is no net in it. A row is the mean of its share of the moments, on a fixed scale; beside each
column stands in which share of them it was measured. What was not is 0 in both, so that who reads
the rows can tell it from a face at rest, which is 0 beside a 1.
"""

# T moments, K columns, R rows, D width

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.measuring import PARTS
from affectlens.encoders.view import Measures, Shown
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of_text

SHOWN = ("measures",)
OUTPUT = "measures"
# What makes about 1 of a part's largest values: intensities, shares, degrees, a ratio, chances.
_FULL: Mapping[str, float] = {
    "units": 5.0,
    "shapes": 1.0,
    "pose": 45.0,
    "mouth": 0.5,
    "expression": 1.0,
}
_VERSION = 1  # raised when the same measures give other rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which parts of what is measured are given, and in how many rows at most."""

    parts: tuple[str, ...] = tuple(PARTS)
    rows: int = 16

    def __post_init__(self) -> None:
        if not self.parts or not set(self.parts) <= set(PARTS) or self.rows < 1:
            raise ConfigError(
                f"trajectory: parts are one or more of {', '.join(PARTS)}, in at least one row; "
                f"got {', '.join(self.parts) or 'none'} and rows={self.rows}."
            )


def outputs(config: Config) -> Mapping[str, int]:
    """`measures`: the columns of the parts, then for each in which share it was measured."""
    return {OUTPUT: 2 * sum(len(PARTS[part]) for part in config.parts)}


def tiny(config: Config) -> Config:
    """Of few columns."""
    return Config(parts=("units", "pose", "mouth"), rows=config.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """Some columns, what each is divided by, and the number of rows."""

    chosen: list[int]
    full_K: NDArray[np.float64]
    rows: int
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Rows in order; as many as there are moments where those are fewer."""
        assert isinstance(shown, Measures)
        moments = len(shown.times_T)
        rows = min(moments, self.rows)
        starts = np.arange(rows) * moments // rows
        lengths_R = np.diff(starts, append=moments)
        present_TK = shown.present_TK[:, self.chosen]
        values_TK = np.where(present_TK, shown.values_TK[:, self.chosen], 0) / self.full_K
        counts_RK = np.add.reduceat(present_TK.astype(np.float64), starts)
        means_RK = np.add.reduceat(values_TK, starts) / np.maximum(counts_RK, 1)
        rows_RD = np.concatenate([means_RK, counts_RK / lengths_R[:, None]], axis=1)
        times_R = np.add.reduceat(shown.times_T, starts) / lengths_R
        return {OUTPUT: Features(rows_RD.astype(np.float32), times_R)}


def build(config: Config, place: Place) -> Encoder:
    """It computes with NumPy, wherever `place` is."""
    del place
    names = [(part, name) for part, names in PARTS.items() for name in names]
    chosen = [names.index((part, name)) for part in config.parts for name in PARTS[part]]
    full_K = np.array([_FULL[part] for part in config.parts for _ in PARTS[part]])
    mark = sha256_of_text(f"trajectory {_VERSION} {config} {names}")
    return Trajectory(chosen, full_K, config.rows, mark)
