"""`Source`: a file to be converted, as safetensors, whoever wrote it and however."""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from affectlens.encoders import unpickle
from affectlens.foundation.errors import InputError
from affectlens.foundation.progress import Progress, silent
from affectlens.model.convert.format import Shape

_PIECE = 1 << 22


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file says of one of its tensors before it is read."""

    shape: Shape
    dtype: str  # in safetensors' words


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file; tensors are read one at a time."""

    path: Path  # as it was given
    sha256: str
    size: int
    tensors: Mapping[str, Stored]
    beside: tuple[str, ...]  # what was no tensor of the net, by name
    readable: Path  # as safetensors

    def reader(self) -> Callable[[str], Tensor]:
        """Gives tensors by name, from the disk."""
        from safetensors import safe_open

        file: Any = safe_open(self.readable, framework="pt")

        def read(name: str) -> Tensor:
            tensor: Tensor = file.get_tensor(name)
            return tensor

        return read


def open_source(path: Path, scratch: Path, *, progress: Progress = silent) -> Source:
    """Open a .pth (read in another process, weights only) or a .safetensors file.

    Raises:
        InputError: there is no such file, or it holds no tensors that can be read safely.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    size = path.stat().st_size
    sha256 = _sha256(path, size, functools.partial(progress, f"checksum of {path.name}"))
    readable = path
    if path.suffix != ".safetensors":
        readable = scratch / f"{sha256[:16]}.safetensors"
        unpickle.to_safetensors(path, readable, progress=progress)
    return Source(path, sha256, size, *_contents(readable, path), readable)


def _sha256(path: Path, size: int, tell: Callable[[float], None]) -> str:
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            tell(done / max(size, done))
    return digest.hexdigest()


def _contents(readable: Path, path: Path) -> tuple[dict[str, Stored], tuple[str, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(readable, framework="pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            tensors = {
                name: Stored(tuple(part.get_shape()), part.get_dtype())
                for name, part in slices.items()
            }
            beside = json.loads((file.metadata() or {}).get("dropped", "[]"))
    except (SafetensorError, ValueError) as error:
        raise InputError(f"{path} is no whole safetensors file: {error}") from error
    return tensors, tuple(beside)
