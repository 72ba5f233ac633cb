"""One setting that somebody wrote, as the type of its field."""

import math
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union

from affectlens.foundation.config_entries import Entry
from affectlens.foundation.errors import ConfigError


def value_of(kind: Any, entry: Entry) -> object:
    """The value of an entry as its field's type."""
    choices = _choices(kind)
    for choice in choices:
        found = _match(choice, entry)
        if found is not _NO:
            return found
    wanted = " or ".join(_describe(choice) for choice in choices)
    raise ConfigError(f"{entry.place} is {wanted}, got {entry.value!r}.")


_NO = object()  # what `_match` gives when a value is not of a type; None is a value


def _choices(kind: Any) -> list[Any]:
    """The types that a union allows, the emptiest and narrowest first, text last."""
    options = (
        list(typing.get_args(kind))
        if typing.get_origin(kind) in (Union, types.UnionType)
        else [kind]
    )
    return sorted(options, key=lambda option: (option is str, option is not type(None)))


def _match(kind: Any, entry: Entry) -> object:
    if typing.get_origin(kind) is Literal:
        return _literal(typing.get_args(kind), entry)
    if typing.get_origin(kind) is tuple:
        return _strings(entry)
    return _READERS[kind](entry)


def _literal(options: tuple[object, ...], entry: Entry) -> object:
    for option in options:
        if entry.value == (str(option) if entry.is_text else option):
            return option
    return _NO


def _strings(entry: Entry) -> object:
    """A tuple of texts: a TOML array, or text with commas."""
    if entry.is_text:
        return tuple(part.strip() for part in str(entry.value).split(",") if part.strip())
    if isinstance(entry.value, list) and all(isinstance(part, str) for part in entry.value):
        return tuple(entry.value)
    return _NO


def _flag(entry: Entry) -> object:
    if isinstance(entry.value, bool):
        return entry.value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words.get(str(entry.value).lower(), _NO) if entry.is_text else _NO


def _whole(entry: Entry) -> object:
    if entry.is_text:
        try:
            return int(str(entry.value))
        except ValueError:
            return _NO
    return entry.value if type(entry.value) is int else _NO


def _number(entry: Entry) -> object:
    if not entry.is_text and type(entry.value) not in (int, float):
        return _NO
    try:
        number = float(typing.cast("str", entry.value))
    except ValueError:
        return _NO
    return number if math.isfinite(number) else _NO


def _text(entry: Entry) -> object:
    return entry.value if isinstance(entry.value, str) else _NO


def _nothing(entry: Entry) -> object:
    """TOML has no null, so the word stands for it everywhere."""
    return None if str(entry.value).lower() == "none" else _NO


_READERS: dict[object, Callable[[Entry], object]] = {
    bool: _flag,
    int: _whole,
    float: _number,
    str: _text,
    type(None): _nothing,
}


def _describe(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(option) for option in typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return "a list of texts"
    names: dict[object, str] = {
        bool: "true or false", int: "a whole number", float: "a finite number", str: "text",
        type(None): "none",
    }  # fmt: skip
    return names[kind]
