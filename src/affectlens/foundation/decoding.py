"""Frozen dataclasses as plain JSON, and back, told by their own types."""

import functools
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, cast

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span

_T = TypeVar("_T")


def encode(value: object) -> Any:
    """A value in JSON's terms; `decode` reads it back.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    if isinstance(value, Span):
        return [value.start_s, value.end_s]
    if isinstance(value, Missing):
        return {"missing": value.reason}
    if is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [encode(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"JSON has no place for {value}.")
    return value


def decode(kind: type[_T], value: object, where: str) -> _T:
    """A dataclass from its JSON object; `where` says in errors what it is.

    A span of time is written as [start, end], and what is Missing as {"missing": reason}.

    Raises:
        InputError: a key is unknown, absent or of the wrong type; tells its place.
    """
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    hints = _hints(cast(Any, kind))
    if value.keys() != hints.keys():
        odd = ", ".join(sorted(value.keys() ^ hints.keys()))
        raise InputError(f"The {where} has other keys than expected, see: {odd}.")
    return kind(**{n: _part(hint, value[n], f"{where}.{n}") for n, hint in hints.items()})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """The types of a class's fields; to find them takes longer than to decode."""
    return typing.get_type_hints(kind)


def _part(hint: Any, value: object, where: str) -> object:
    """A value of the type that a field asks for."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _either(args, value, where)
    if origin is Literal:
        if value not in args:
            raise _wrong(where, f"one of {', '.join(map(str, args))}", value)
        return value
    if origin is tuple:
        return _tuple(args, value, where)
    if origin is not None:
        return _mapping(args[1], value, where)
    return _single(hint, value, where)


def _either(kinds: tuple[Any, ...], value: object, where: str) -> object:
    """Nothing, what it is Missing for, text, or the one other type."""
    if value is None and type(None) in kinds:
        return None
    if Missing in kinds and isinstance(value, dict) and value.keys() == {"missing"}:
        return Missing(str(value["missing"]))
    if isinstance(value, str) and str in kinds:
        return value
    rest = [kind for kind in kinds if kind not in (type(None), Missing, str)] or [str]
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


def _single(kind: Any, value: object, where: str) -> object:
    """One thing; a whole number may stand for a float, but nothing else for anything else."""
    if kind is Any:
        return value
    if kind is Span:
        return _span(value, where)
    if is_dataclass(kind):
        return decode(cast(type, kind), value, where)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
    elif isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise _wrong(where, kind.__name__, value)


def _span(value: object, where: str) -> Span:
    start_s, end_s = cast(tuple[float, float], _tuple((float, float), value, where))
    if start_s > end_s:
        raise _wrong(where, "a span that ends after its start", value)
    return Span(start_s, end_s)


def _wrong(where: str, wanted: str, found: object) -> InputError:
    return InputError(f"{where} should be {wanted}, found {str(found)[:60]!r}.")
