"""Features that are made once and kept: a file for each clip and kind of features.

`<folder>/<data>/<kind>/<clip>.safetensors`, where the kind is of all that decides the numbers
beside the clip: systems that show the same encoder the same share their files. Changed copies of a
clip lie in its file. A clip that lacks a stream, or that cannot be read, has a file too, with the
reason in place of numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlens.analyzer.models import models_of
from affectlens.analyzer.settings import Settings
from affectlens.encoders import augment, encode, store
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import OF_FACES
from affectlens.foundation import config, weights
from affectlens.foundation.device import Place
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured
from affectlens.foundation.records import write_atomically

VERSION = 1  # raised when what is kept is to be made anew
_VALUES, _TIMES, _MISSING, _BROKEN = "values", "times", "missing", "broken"
_UNPLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80
_KIND = 16  # letters of a kind
# Views that hang on who is there; the others show the same whoever it is.
OF_PEOPLE = (*OF_FACES, "sound")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A clip that cannot be read, and why."""

    reason: str


Kept = Features | Missing | Unreadable


def kind(source: Source, place: Place, settings: Settings) -> str:
    """What tells features of a source from others: encoder, weights, view, precision, perception.

    Raises:
        ConfigError: the encoder is not as it should be.
        UnavailableError: its weights are not to be had.
    """
    module, made = configured("encoders.backends", source.encoder)
    parts: list[object] = [
        (VERSION, store.VERSION, augment.VERSION),
        module.__name__,
        {name: value for name, value in asdict(made).items() if name != "weights"},
        encode.fingerprint(source, place),
        asdict(source.view),
        source.output,
        str(place.torch_dtype()),
    ]
    if source.view.of in OF_PEOPLE:
        here = (name for name in models_of(settings) if not isinstance(weights.find(name), Missing))
        parts += [config.as_dict(settings.perception), {n: weights.fingerprint(n) for n in here}]
    return sha256_of_text(repr(parts))[:_KIND]


def file_of(folder: Path, kind_: str, clip: str) -> Path:
    """Where a clip's features lie; names that differ lead to files that differ, on any disk."""
    plain = _UNPLAIN.sub("_", clip)[:_LONGEST]
    return folder / kind_ / f"{plain}-{sha256_of_text(clip)[:8]}.safetensors"


def write(path: Path, found: Kept, copies: Sequence[Features] = ()) -> None:
    """Write a clip's features, or why it has none, whole or not at all."""
    from safetensors.numpy import save

    tensors: dict[str, NDArray[Any]] = {}
    says: dict[str, str] | None = None
    match found:
        case Features():
            for number, one in enumerate((found, *copies)):
                values, times = _names(number)
                tensors[values] = np.ascontiguousarray(one.values_TD)
                tensors[times] = np.ascontiguousarray(one.times_T)
        case Missing():
            says = {_MISSING: found.reason}
        case Unreadable():
            says = {_BROKEN: found.reason}
    write_atomically(path, save(tensors, metadata=says))


def read(path: Path, copy: int = 0) -> Kept:
    """What `write` wrote of the clip as it is, or of its changed copy of a number from 1.

    Raises:
        InputError: there is no such file or copy, or it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            says: Mapping[str, str] = file.metadata() or {}
            if _MISSING in says:
                return Missing(says[_MISSING])
            if _BROKEN in says:
                return Unreadable(says[_BROKEN])
            return Features(*map(file.get_tensor, _names(copy)))
    except FileNotFoundError:
        raise InputError(f"There are no features {path}: begin the run again.") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is damaged ({error}): remove it, and it is made anew.") from None


def _names(copy: int) -> tuple[str, str]:
    """Of the tensors of a copy."""
    return (f"{_VALUES}.{copy}", f"{_TIMES}.{copy}") if copy else (_VALUES, _TIMES)
