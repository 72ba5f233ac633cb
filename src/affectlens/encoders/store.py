"""`FeatureStore`: features on the disk, found by what they were made of."""

import hashlib
import json
import logging
from collections.abc import Mapping
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
_VALUES, _TIMES = "values", "times"


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Everything that decides the numbers of an encoder's outputs."""

    clip: str  # SHA-256 of the file
    plan: Plan
    encoder: str
    settings: Mapping[str, Any]  # all of them, defaults too; where its weights lie is none
    weights: str  # their fingerprint
    precision: str
    outputs: Mapping[str, int]

    def key(self) -> str:
        """SHA-256 in hex of all that."""
        text = json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """A folder of safetensors files, one for each run of an encoder; processes may share it."""

    folder: Path

    def get(self, made: Made) -> dict[str, Features] | None:
        """Every output by name, or None where it is not stored or the file is damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = self._path(made)
        try:
            tensors = load(path.read_bytes())
            found = {name: _features(tensors, name) for name in made.outputs}
            whole = bytes(tensors["sum"]) == _sum(found)
        except FileNotFoundError:
            return None
        except (SafetensorError, KeyError) as error:
            log.warning("%s is damaged (%s): its features are made anew", path, error)
            return None
        if not whole:
            log.warning("%s is damaged: its features are made anew", path)
            return None
        return found

    def put(self, made: Made, features: Mapping[str, Features]) -> None:
        """Store every output; the file appears whole or not at all."""
        from safetensors.numpy import save

        kept = {name: features[name] for name in made.outputs}
        tensors: dict[str, NDArray[Any]] = {"sum": np.frombuffer(_sum(kept), np.uint8)}
        for name, one in kept.items():
            tensors[f"{name}.{_VALUES}"] = np.ascontiguousarray(one.values_TD)
            tensors[f"{name}.{_TIMES}"] = np.ascontiguousarray(one.times_T)
        says = {"schema": f"affectlens.features/{VERSION}", "encoder": made.encoder}
        write_atomically(self._path(made), save(tensors, metadata=says))

    def _path(self, made: Made) -> Path:
        key = made.key()
        return self.folder / key[:2] / f"{key}.safetensors"


def _features(tensors: Mapping[str, NDArray[Any]], name: str) -> Features:
    return Features(tensors[f"{name}.{_VALUES}"], tensors[f"{name}.{_TIMES}"])


def _sum(features: Mapping[str, Features]) -> bytes:
    """SHA-256 of the numbers: a flipped bit leaves a file readable."""
    digest = hashlib.sha256()
    for name in sorted(features):
        digest.update(np.ascontiguousarray(features[name].values_TD).data)
        digest.update(np.ascontiguousarray(features[name].times_T).data)
    return digest.digest()
