"""Percepts as bytes and back, exactly: what was measured once need not be measured again.

The bytes are a line that names format and version, a checksum, and what it is of: zlib over a
safetensors file of the arrays, among them the JSON of all else, in which arrays stand by number.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import (
    ActionUnit,
    Baseline,
    Expression,
    FaceTrack,
    Percepts,
    Sentence,
    Shot,
    SoundEvent,
    TextTone,
    Transcript,
    Utterance,
    Voice,
    Word,
)

VERSION = 1  # raised when old bytes are to be read no more
_MARK = f"affectlens.percepts/{VERSION}\n".encode()
_SUM_BYTES = hashlib.sha256().digest_size
_LEVEL = 1  # of zlib: more makes them hardly smaller
_JSON = "json"  # the name under which it stands among the arrays
# What percepts are made of; nothing else is ever made of bytes.
_NOUNS = {
    noun.__name__: noun
    for noun in (
        ActionUnit, Baseline, Expression, FaceTrack, Missing, Percepts, Sentence, Shot, SoundEvent,
        Span, TextTone, Transcript, Utterance, Voice, Word,
    )
}  # fmt: skip
_DAMAGE = (SafetensorError, zlib.error, ValueError, KeyError, TypeError, RecursionError)

Array = NDArray[Any]


def to_bytes(percepts: Percepts) -> bytes:
    """The percepts; the same ones give the same bytes."""
    arrays: dict[str, Array] = {}
    skeleton = json.dumps(_lower(percepts, arrays), separators=(",", ":"))
    arrays[_JSON] = np.frombuffer(skeleton.encode(), np.uint8)
    packed = zlib.compress(save(arrays), _LEVEL)
    return _MARK + hashlib.sha256(packed).digest() + packed


def from_bytes(data: bytes) -> Percepts:
    """The percepts that `to_bytes` was given.

    Raises:
        InputError: the bytes are damaged, cut off, or of another version.
    """
    found, rest = data[: len(_MARK)], data[len(_MARK) :]
    if found != _MARK:
        raise InputError(
            f"Stored percepts begin with {_MARK!r}, found {found!r}: they are damaged or another "
            "version wrote them. Remove the file, and it is made anew."
        )
    packed = rest[_SUM_BYTES:]
    if hashlib.sha256(packed).digest() != rest[:_SUM_BYTES]:
        raise _damaged("their checksum does not match")
    try:
        arrays = load(zlib.decompress(packed))
        percepts = _raise(json.loads(arrays[_JSON].tobytes()), arrays)
    except _DAMAGE as error:
        raise _damaged(f"{type(error).__name__}: {error}") from error
    if not isinstance(percepts, Percepts):
        raise _damaged(f"they hold {type(percepts).__name__}")
    return percepts


def _lower(value: object, arrays: dict[str, Array]) -> object:
    """A value in JSON's terms; its arrays are put aside."""
    if isinstance(value, np.ndarray):
        number = str(len(arrays))
        arrays[number] = np.ascontiguousarray(value)
        return {"array": number}
    if is_dataclass(value):
        parts = {f.name: _lower(getattr(value, f.name), arrays) for f in fields(value)}
        return {"noun": type(value).__name__, "parts": parts}
    if isinstance(value, Mapping):
        return {"map": {key: _lower(part, arrays) for key, part in value.items()}}
    if isinstance(value, tuple):
        return [_lower(part, arrays) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def _raise(value: object, arrays: Mapping[str, Array]) -> Any:
    """The value that `_lower` was given."""
    if isinstance(value, list):
        return tuple(_raise(part, arrays) for part in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "map" in value:
        return {key: _raise(part, arrays) for key, part in value["map"].items()}
    parts = {name: _raise(part, arrays) for name, part in value["parts"].items()}
    return _NOUNS[value["noun"]](**parts)


def _damaged(why: str) -> InputError:
    return InputError(f"Stored percepts are damaged ({why}). Remove the file, and it is made anew.")
