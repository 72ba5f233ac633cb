"""`FeatureStore`: features on the disk, found by what they were made of."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.features import Features
from affectlens.encoders.view import Plan
from affectlens.foundation.records import write_atomically

log = logging.getLogger(__name__)

# Raised when showing changes or the file's layout does: what is stored is then made anew.
VERSION = 1
_VALUES, _TIMES, _SUM = "values", "times", "sum"


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Everything that decides the numbers that an encoder gives."""

    clip: str  # SHA-256 of the file
    plan: Plan
    encoder: str
    settings: Mapping[str, Any]  # all of them, defaults too; where its weights lie is none
    weights: str  # their fingerprint
    precision: str

    def key(self) -> str:
        """SHA-256 in hex of all that."""
        text = json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """A folder of safetensors files, one for each output; threads and processes may share it."""

    folder: Path

    def get(self, made: Made, names: Sequence[str]) -> dict[str, Features] | None:
        """These outputs, or None where one is not stored or its file is damaged."""
        found: dict[str, Features] = {}
        for name in names:
            one = _read(self._path(made, name))
            if one is None:
                return None
            found[name] = one
        return found

    def put(self, made: Made, outputs: Mapping[str, Features]) -> None:
        """Store outputs by name; each file appears whole or not at all."""
        from safetensors.numpy import save

        for name, one in outputs.items():
            tensors: dict[str, NDArray[Any]] = {
                _VALUES: np.ascontiguousarray(one.values_TD),
                _TIMES: np.ascontiguousarray(one.times_T),
                _SUM: np.frombuffer(_sum(one), np.uint8),
            }
            says = {"schema": f"affectlens.features/{VERSION}", "encoder": made.encoder}
            write_atomically(self._path(made, name), save(tensors, metadata=says))

    def _path(self, made: Made, name: str) -> Path:
        key = made.key()
        return self.folder / key[:2] / f"{key}.{name}.safetensors"


def _read(path: Path) -> Features | None:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(path.read_bytes())
        found = Features(tensors[_VALUES], tensors[_TIMES])
        whole = bytes(tensors[_SUM]) == _sum(found)
    except FileNotFoundError:
        return None
    except (SafetensorError, KeyError) as error:
        log.warning("%s is damaged (%s): its features are made anew", path, error)
        return None
    if not whole:
        log.warning("%s is damaged: its features are made anew", path)
        return None
    return found


def _sum(features: Features) -> bytes:
    """SHA-256 of the numbers: a flipped bit leaves a file readable."""
    digest = hashlib.sha256(np.ascontiguousarray(features.values_TD).data)
    digest.update(np.ascontiguousarray(features.times_T).data)
    return digest.digest()
