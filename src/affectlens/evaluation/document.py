"""`Scores` and `Comparison` as JSON documents of published, versioned schemas, and back.

No document holds a time or a fact about a machine: the same scores are the same bytes. Numbers keep
all their digits. What is Missing is {"missing": reason}; NaN and infinity never appear.
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar, cast

import numpy as np

from affectlens.evaluation import score
from affectlens.evaluation.score import Scores
from affectlens.evaluation.statistics.difference import COMPARISON, Comparison
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

_T = TypeVar("_T")
_KINDS: Mapping[str, type[Any]] = {score.SCHEMA: Scores, COMPARISON: Comparison}


def to_json(noun: Scores | Comparison) -> dict[str, Any]:
    """The document; its first key is the schema's name."""
    name = score.SCHEMA if isinstance(noun, Scores) else COMPARISON
    return {"schema": name, **cast(dict[str, Any], plain(noun))}


def from_json(document: Mapping[str, Any]) -> Scores:
    """The scores that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    return _read(document, score.SCHEMA, Scores)


def comparison_from_json(document: Mapping[str, Any]) -> Comparison:
    """The comparison that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    return _read(document, COMPARISON, Comparison)


def dumps(noun: Scores | Comparison) -> str:
    """The document as text, always the same for the same noun."""
    return json.dumps(to_json(noun), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of all documents."""
    return cast(dict[str, Any], json.loads(_schema_text()))


def plain(value: Any) -> Any:
    """A value in JSON's terms; a NaN has no reason to give and becomes null."""
    if isinstance(value, Missing):
        return {"missing": value.reason}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return _atom(value)


def _atom(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a document.")


@cache
def _schema_text() -> str:
    place = resources.files("affectlens.evaluation").joinpath("scores.schema.json")
    return place.read_text("utf-8")


def _read(document: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != name:
        raise InputError(
            f"A document of schema {name!r} was expected, found {found!r}. "
            "Score the predictions again with this version."
        )
    return _decode(kind, {k: v for k, v in document.items() if k != "schema"}, "document")


def _decode(kind: type[_T], value: object, where: str) -> _T:
    """A dataclass from its JSON object."""
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    hints = typing.get_type_hints(kind)
    if value.keys() != hints.keys():
        odd = ", ".join(sorted(value.keys() ^ hints.keys()))
        raise InputError(f"The {where} has other keys than expected, see: {odd}.")
    return kind(**{n: _part(hint, value[n], f"{where}.{n}") for n, hint in hints.items()})


def _part(hint: Any, value: object, where: str) -> object:
    """A value of the type that a field asks for."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if is_dataclass(hint):
        return _decode(cast(type, hint), value, where)
    if origin in (types.UnionType, typing.Union):
        return _either(args, value, where)
    if origin is typing.Literal:
        if value not in args:
            raise _wrong(where, f"one of {', '.join(map(str, args))}", value)
        return value
    return _single(hint, value, where) if origin is None else _several(origin, args, value, where)


def _several(origin: Any, args: tuple[Any, ...], value: object, where: str) -> object:
    """A tuple of any length, or a mapping from strings."""
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "an array", value)
        return tuple(_part(args[0], part, f"{where}[{i}]") for i, part in enumerate(value))
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return {str(key): _part(args[1], part, f"{where}.{key}") for key, part in value.items()}


def _either(kinds: tuple[Any, ...], value: object, where: str) -> object:
    """A number, text or null, or what it is Missing for."""
    if value is None and type(None) in kinds:
        return None
    if Missing in kinds and isinstance(value, dict) and value.keys() == {"missing"}:
        return Missing(str(value["missing"]))
    rest = [kind for kind in kinds if kind not in (Missing, type(None))]
    return _part(rest[0], value, where)


def _single(kind: type, value: object, where: str) -> object:
    """A whole number may stand for a float, but nothing else for anything else."""
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
    elif isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise _wrong(where, kind.__name__, value)


def _wrong(where: str, wanted: str, found: object) -> InputError:
    return InputError(f"{where} should be {wanted}, found {str(found)[:60]!r}.")
