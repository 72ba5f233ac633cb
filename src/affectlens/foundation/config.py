"""Settings: frozen dataclasses, read from a TOML file < the environment < `--set a.b=c`."""

import dataclasses
import difflib
import hashlib
import json
import math
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part

PREFIX = "AFFECTLENS__"  # AFFECTLENS__PERCEPTION__FACES__RATE_HZ is perception.faces.rate_hz

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One value as somebody wrote it, and where."""

    value: object
    place: str
    is_text: bool  # written where everything is text: environment, command line


_Entries = dict[tuple[str, ...], _Entry]


def read(
    cls: type[T],
    *,
    file: Path | None,
    env: Mapping[str, str],
    sets: Sequence[str],
    default: T | None = None,
) -> T:
    """Settings of a class; whatever nobody wrote is as in `default`, else the class's own default.

    A field that is a `Part` names its plug-ins' group in its metadata. It is a table with `use`,
    the plug-in's name, and that plug-in's own settings: `fine.use = "endpoint"`, `fine.url = …`.

    Raises:
        ConfigError: an unknown key (the nearest is named), a wrong type, or an unreadable file.
    """
    entries: _Entries = {}
    if file is not None:
        entries.update(_from_file(file))
    entries.update(_from_environment(env))
    entries.update(_from_sets(sets))
    return _build(cls, entries, (), default)


def as_dict(settings: object) -> dict[str, Any]:
    """Settings as plain nested dicts, lists and values, as JSON knows them."""
    assert dataclasses.is_dataclass(settings)
    assert not isinstance(settings, type)
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(settings), allow_nan=False))
    return plain


def digest(settings: object) -> str:
    """SHA-256 in hex of the settings' values: equal settings, equal digest, on every machine."""
    text = json.dumps(as_dict(settings), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _from_file(file: Path) -> _Entries:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The settings {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings {file} are not TOML: {error}.") from error
    return {
        path: _Entry(value, f"{file}: {'.'.join(path)}", is_text=False)
        for path, value in _leaves(table, ())
    }


def _leaves(
    table: Mapping[str, object], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _from_environment(env: Mapping[str, str]) -> _Entries:
    return {
        tuple(name.removeprefix(PREFIX).lower().split("__")): _Entry(value, name, is_text=True)
        for name, value in env.items()
        if name.startswith(PREFIX)
    }


def _from_sets(sets: Sequence[str]) -> _Entries:
    entries: _Entries = {}
    for item in sets:
        name, equals, value = item.partition("=")
        if not equals:
            raise ConfigError(f"--set wants NAME=VALUE, such as a.b=1, got {item!r}.")
        name = name.strip()
        entries[tuple(name.split("."))] = _Entry(value, f"--set {name}", is_text=True)
    return entries


def _build(cls: type[T], entries: _Entries, above: tuple[str, ...], default: T | None = None) -> T:
    """Make one settings class of the entries below `above`; all else is as in `default`.

    The class that it stands in may have another default for it than its own.
    """
    assert dataclasses.is_dataclass(cls)
    kinds = typing.get_type_hints(cls)
    own = {field.name: field for field in dataclasses.fields(cls)}
    fields = list(own)
    depth = len(above)
    below = {path: entry for path, entry in entries.items() if path[:depth] == above}
    values: dict[str, object] = {}
    for path, entry in below.items():
        if len(path) == depth:
            raise ConfigError(
                f"{entry.place} is a group of settings, not one: it has {', '.join(fields)}."
            )
        if path[depth] not in fields:
            raise _unknown(path, depth, fields, entry)
        there = _default(own[path[depth]]) if default is None else getattr(default, path[depth])
        if kinds[path[depth]] is Part:
            values[path[depth]] = _part(own[path[depth]], path[: depth + 1], entries, there)
        elif dataclasses.is_dataclass(kinds[path[depth]]):
            values[path[depth]] = _build(kinds[path[depth]], entries, path[: depth + 1], there)
        elif len(path) > depth + 1:
            raise ConfigError(f"{entry.place}: {'.'.join(path[: depth + 1])} is one value.")
        else:
            values[path[depth]] = _value(kinds[path[depth]], entry)
    if default is None:
        return typing.cast("T", cls(**values))
    return typing.cast("T", dataclasses.replace(typing.cast("Any", default), **values))


def _default(field: "dataclasses.Field[Any]") -> Any:
    """What a field is where nobody says; None where it must be said."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _part(
    field: "dataclasses.Field[Any]", path: tuple[str, ...], entries: _Entries, default: Part
) -> Part:
    """A plug-in of the group that the field's metadata name: `use` says which, or the field itself.

    All else below it are settings of the plug-in's `Config`, of which only those that were written
    are kept.
    """
    below = {key: entry for key, entry in entries.items() if key[: len(path)] == path}
    settings = {key: one for key, one in below.items() if key not in (path, (*path, "use"))}
    chosen = below.get((*path, "use"), below.get(path))
    name = default.name if chosen is None else str(chosen.value)
    module = plugins.load(field.metadata["group"], name)
    made = _build(module.Config, settings, path)
    given = {key[len(path)]: getattr(made, key[len(path)]) for key in settings}
    kept = default.settings if name == default.name else {}
    return Part(name, {**kept, **given})


def _unknown(
    path: tuple[str, ...], depth: int, fields: Sequence[str], entry: _Entry
) -> ConfigError:
    near = difflib.get_close_matches(path[depth], fields, n=1)
    group = ".".join(path[:depth])
    hint = f" Did you mean {'.'.join((*path[:depth], near[0]))!r}?" if near else ""
    return ConfigError(
        f"{entry.place}: there is no setting {'.'.join(path[: depth + 1])!r}.{hint} "
        f"{group or 'The settings'} {'has' if group else 'have'}: {', '.join(fields)}."
    )


def _value(kind: Any, entry: _Entry) -> object:
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


def _match(kind: Any, entry: _Entry) -> object:
    if typing.get_origin(kind) is Literal:
        return _literal(typing.get_args(kind), entry)
    if typing.get_origin(kind) is tuple:
        return _strings(entry)
    return _READERS[kind](entry)


def _literal(options: tuple[object, ...], entry: _Entry) -> object:
    for option in options:
        if entry.value == (str(option) if entry.is_text else option):
            return option
    return _NO


def _strings(entry: _Entry) -> object:
    """A tuple of texts: a TOML array, or text with commas."""
    if entry.is_text:
        return tuple(part.strip() for part in str(entry.value).split(",") if part.strip())
    if isinstance(entry.value, list) and all(isinstance(part, str) for part in entry.value):
        return tuple(entry.value)
    return _NO


def _flag(entry: _Entry) -> object:
    if isinstance(entry.value, bool):
        return entry.value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words.get(str(entry.value).lower(), _NO) if entry.is_text else _NO


def _whole(entry: _Entry) -> object:
    if entry.is_text:
        try:
            return int(str(entry.value))
        except ValueError:
            return _NO
    return entry.value if type(entry.value) is int else _NO


def _number(entry: _Entry) -> object:
    if not entry.is_text and type(entry.value) not in (int, float):
        return _NO
    try:
        number = float(typing.cast("str", entry.value))
    except ValueError:
        return _NO
    return number if math.isfinite(number) else _NO


def _text(entry: _Entry) -> object:
    return entry.value if isinstance(entry.value, str) else _NO


def _nothing(entry: _Entry) -> object:
    """TOML has no null, so the word stands for it everywhere."""
    return None if str(entry.value).lower() == "none" else _NO


_READERS: dict[object, Callable[[_Entry], object]] = {
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
