"""Weights as they are handed on: in the precision and under the licence that a recipe says."""

import json
from pathlib import Path
from typing import Literal

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import write_atomically
from affectlens.model import manifest

LICENCE = "licence"  # in a file's metadata
_WIDE = (torch.float32, torch.float64)


def settle_weights(folder: Path, precision: Literal["float32", "float16"], licence: str) -> None:
    """Rewrite all weights of a model's folder, where that changes them, and their checksums.

    Files that have other names elsewhere stay as they are there. Numbers too large for float16
    keep their tensor as it was.
    """
    if precision == "float32" and not licence:
        return
    for path in sorted(folder.rglob("*.safetensors")):
        _rewrite(path, half=precision == "float16", licence=licence)
    content = manifest.read(folder)
    content["files"] = {
        name: {"size": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in content["files"]
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_atomically(folder / manifest.FILE, f"{text}\n")


def _rewrite(path: Path, *, half: bool, licence: str) -> None:
    with safe_open(path, "pt") as file:
        metadata = dict(file.metadata() or {"format": "pt"})
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if half:
        tensors = {name: _halved(tensor) for name, tensor in tensors.items()}
    if licence:
        metadata[LICENCE] = licence
    draft = path.with_name(f".{path.name}.part")
    save_file(tensors, draft, metadata=metadata)
    draft.replace(path)


def _halved(tensor: Tensor) -> Tensor:
    if tensor.dtype not in _WIDE:
        return tensor
    half = tensor.half()
    return half if bool(half.isfinite().all()) else tensor
