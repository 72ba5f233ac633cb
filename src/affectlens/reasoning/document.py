"""The analysis as a JSON document of a published, versioned schema, and back.

A span is written as [start, end] in seconds. Times have 3 decimals, everything else 4. NaN and
infinity never appear.
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar, cast

from affectlens.foundation.errors import InputError
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import SCHEMA, Analysis

_TIME_DIGITS, _DIGITS = 3, 4
_T = TypeVar("_T")


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The document; its first key is the schema's name."""
    whole = cast(dict[str, Any], _encode(analysis, _DIGITS))
    return {"schema": whole.pop("schema"), **whole}


def from_json(document: Mapping[str, Any]) -> Analysis:
    """The analysis that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != SCHEMA:
        raise InputError(
            f"An analysis of schema {SCHEMA!r} was expected, found {found!r}. "
            "Analyze the input again with this version."
        )
    return _decode(Analysis, dict(document), "analysis")


@cache
def _schema_text() -> str:
    """The schema's file."""
    place = resources.files("affectlens.reasoning").joinpath("analysis.schema.json")
    return place.read_text("utf-8")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the document."""
    return cast(dict[str, Any], json.loads(_schema_text()))


def _encode(value: object, digits: int) -> object:
    """A value in JSON's terms."""
    if isinstance(value, Span):
        return [_encode(value.start_s, _TIME_DIGITS), _encode(value.end_s, _TIME_DIGITS)]
    if is_dataclass(value):
        return {f.name: _encode(getattr(value, f.name), _digits(f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _encode(part, _digits(key)) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_encode(part, digits) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"An analysis has no place for {value}.")
        # Adding zero makes of -0.0 what people expect.
        return round(float(value), digits) + 0.0
    return value


def _digits(name: str) -> int:
    """Decimals of a number by the name of its field."""
    return _TIME_DIGITS if name.endswith("_s") else _DIGITS


def _decode(kind: type[_T], value: object, where: str) -> _T:
    """A dataclass from its JSON object."""
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    hints = typing.get_type_hints(kind)
    if value.keys() != hints.keys():
        odd = sorted(value.keys() ^ hints.keys())
        raise InputError(f"The {where} has other keys than expected, see: {', '.join(odd)}.")
    return kind(**{n: _part(hint, value[n], f"{where}.{n}") for n, hint in hints.items()})


def _part(hint: Any, value: object, where: str) -> object:
    """A value of the type that a field asks for."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Span:
        return _span(value, where)
    if is_dataclass(hint):
        return _decode(cast(type, hint), value, where)
    if origin is Literal:
        if value not in args:
            raise _wrong(where, f"one of {', '.join(map(str, args))}", value)
        return value
    if origin in (types.UnionType, typing.Union):
        return _either(args, value, where)
    if origin is tuple:
        return _tuple(args, value, where)
    if origin is not None:
        return _mapping(args[1], value, where)
    return _plain(hint, value, where)


def _span(value: object, where: str) -> Span:
    """A span of time."""
    start_s, end_s = cast(tuple[float, float], _tuple((float, float), value, where))
    if start_s > end_s:
        raise _wrong(where, "a span that ends after its start", value)
    return Span(start_s, end_s)


def _either(kinds: tuple[Any, ...], value: object, where: str) -> object:
    """A value of one of a few types: nothing, a plain one, or the one that has parts."""
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, str) and str in kinds:
        return value
    rest = [kind for kind in kinds if kind not in (type(None), str)] or [str]
    return _part(rest[0], value, where)


def _tuple(kinds: tuple[Any, ...], value: object, where: str) -> tuple[object, ...]:
    """A tuple of any length, or of the length that its type has."""
    if not isinstance(value, list):
        raise _wrong(where, "an array", value)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(value) != len(kinds):
        raise _wrong(where, f"{len(kinds)} values", value)
    pairs = zip(kinds, value, strict=True)
    return tuple(_part(kind, part, f"{where}[{i}]") for i, (kind, part) in enumerate(pairs))


def _mapping(kind: Any, value: object, where: str) -> dict[str, object]:
    """A mapping from strings."""
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return {str(key): _part(kind, part, f"{where}.{key}") for key, part in value.items()}


def _plain(kind: type, value: object, where: str) -> object:
    """A number, string or truth value; a whole number may stand for a float."""
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
    elif isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise _wrong(where, kind.__name__, value)


def _wrong(where: str, wanted: str, found: object) -> InputError:
    """The error for a value of the wrong type."""
    return InputError(f"{where} should be {wanted}, found {str(found)[:60]!r}.")
