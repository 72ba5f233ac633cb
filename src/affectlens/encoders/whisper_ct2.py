"""Whisper's encoder out of the one file that CTranslate2 keeps a model in.

Version 6 of the format: its number, the model's name and revision, then of each tensor the name,
the shape, the number of its type and the bytes; names end with a zero byte and follow their length.
"""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectlens.foundation.errors import InputError

_VERSION = 6
_TYPES = {0: np.float32, 4: np.float16}  # the integers are of quantised models, which are refused
_PART = "encoder/"
_NAMES = {
    "/": ".",
    r"^layer_(\d+)": r"layers.\1",
    r"\.gamma$": ".weight",
    r"\.beta$": ".bias",
    r"^position_encodings\.encodings$": "embed_positions.weight",
    r"self_attention\.layer_norm": "self_attn_layer_norm",
    r"self_attention\.linear_1": "self_attn.out_proj",
    r"ffn\.layer_norm": "final_layer_norm",
    r"ffn\.linear_0": "fc1",
    r"ffn\.linear_1": "fc2",
}
_FUSED = "self_attention.linear_0"


def encoder(path: Path) -> dict[str, Tensor]:
    """The encoder's tensors under the names of `transformers`' `WhisperEncoder`, in float32.

    Raises:
        InputError: the file is no such model, or a quantised one.
    """
    try:
        with path.open("rb") as file:
            found = dict(_read(file, path))
    except (OSError, struct.error, ValueError) as error:
        raise InputError(f"{path} is no whole CTranslate2 model: {error}") from None
    given: dict[str, Tensor] = {}
    for name, values in found.items():
        given |= dict(_renamed(name.removeprefix(_PART), torch.from_numpy(values)))
    return given


def _read(file: BinaryIO, path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    version = _number(file, "I")
    if version != _VERSION:
        raise InputError(f"{path} is of version {version} of CTranslate2's format; wanted 6.")
    model, _ = _text(file), _number(file, "I")
    if not model.startswith("Whisper"):
        raise InputError(f"{path} holds a {model} of CTranslate2; wanted a Whisper.")
    for _ in range(_number(file, "I")):
        name = _text(file)
        shape = [_number(file, "I") for _ in range(_number(file, "B"))]
        type_, size = _number(file, "B"), _number(file, "I")
        if not name.startswith(_PART) or not shape:  # scalars say how many heads there are
            file.seek(size, 1)
            continue
        if type_ not in _TYPES:
            raise InputError(f"{path} is quantised; convert the model to float16 or float32.")
        values = np.frombuffer(file.read(size), _TYPES[type_])
        yield name, values.astype(np.float32).reshape(shape)


def _renamed(name: str, values: Tensor) -> Iterator[tuple[str, Tensor]]:
    """A tensor's names in transformers; the file has queries, keys and values in one."""
    for pattern, new in _NAMES.items():
        name = re.sub(pattern, new, name)
    if _FUSED not in name:
        yield name, values
        return
    for part, piece in zip("qkv", values.chunk(3), strict=True):
        new = name.replace(_FUSED, f"self_attn.{part}_proj")
        if not new.endswith("k_proj.bias"):  # Whisper's keys have none: zeros in the file
            yield new, piece


def _number(file: BinaryIO, kind: str) -> int:
    number: int = struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))[0]
    return number


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "H"))[:-1].decode()
