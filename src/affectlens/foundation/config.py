"""Settings: frozen dataclasses, read from a TOML file < the environment < `--set a.b=c`."""

import dataclasses
import difflib
import hashlib
import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from affectlens.foundation import plugins
from affectlens.foundation.config_entries import (
    EMPTY,
    Entries,
    Entry,
    from_environment,
    from_file,
    from_sets,
)
from affectlens.foundation.config_values import value_of
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a settings class, where it stands, and what it is where nobody says."""

    own: "dataclasses.Field[Any]"
    kind: Any
    path: tuple[str, ...]
    default: Any


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
    A `Mapping` has names of the user's own: tables of settings (`[data.merr]`) add to the default's
    and change those of the same name; plain values (`tasks = {emotion = 1}`) replace all of them.

    Raises:
        ConfigError: an unknown key (the nearest is named), a wrong type, or an unreadable file.
    """
    entries: Entries = {}
    if file is not None:
        entries.update(from_file(file))
    entries.update(from_environment(env))
    entries.update(from_sets(sets))
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


def _build(cls: type[T], entries: Entries, above: tuple[str, ...], default: T | None = None) -> T:
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
            if entry.value == EMPTY:
                continue
            raise ConfigError(
                f"{entry.place} is a group of settings, not one: it has {', '.join(fields)}."
            )
        if path[depth] not in fields:
            raise _unknown(path, depth, fields, entry)
        there = _default(own[path[depth]]) if default is None else getattr(default, path[depth])
        field = _Field(own[path[depth]], kinds[path[depth]], path[: depth + 1], there)
        values[path[depth]] = _valued(field, path, entries)
    if default is None:
        return typing.cast("T", cls(**values))
    return typing.cast("T", dataclasses.replace(typing.cast("Any", default), **values))


def _valued(field: _Field, path: tuple[str, ...], entries: Entries) -> object:
    """What the entries say of a field, whatever kind of settings it is."""
    if field.kind is Part:
        return _part(field.own, field.path, entries, field.default)
    if dataclasses.is_dataclass(field.kind):
        return _build(typing.cast("type", field.kind), entries, field.path, field.default)
    if typing.get_origin(field.kind) is Mapping:
        return _named(field.kind, entries, field.path, field.default)
    if len(path) > len(field.path):
        raise ConfigError(f"{entries[path].place}: {'.'.join(field.path)} is one value.")
    return value_of(field.kind, entries[path])


def _default(field: "dataclasses.Field[Any]") -> Any:
    """What a field is where nobody says; None where it must be said."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _part(
    field: "dataclasses.Field[Any]", path: tuple[str, ...], entries: Entries, default: Part
) -> Part:
    """A plug-in of the group that the field's metadata name: `use` says which, or the field itself.

    All else below it are settings of the plug-in's `Config`, of which only those that were written
    are kept.
    """
    below = {key: entry for key, entry in entries.items() if key[: len(path)] == path}
    settings = {key: one for key, one in below.items() if key not in (path, (*path, "use"))}
    chosen = below.get((*path, "use"), below.get(path))
    if chosen is not None and chosen.value == EMPTY:
        chosen = None
    name = default.name if chosen is None else str(chosen.value)
    module = plugins.load(field.metadata["group"], name)
    made = _build(module.Config, settings, path)
    given = {key[len(path)]: getattr(made, key[len(path)]) for key in settings}
    kept = default.settings if name == default.name else {}
    return Part(name, {**kept, **given})


def _named(
    kind: Any, entries: Entries, above: tuple[str, ...], default: Mapping[str, object] | None
) -> dict[str, object]:
    """By the user's own names: settings, which add to the default's, or values, which replace."""
    inner = typing.get_args(kind)[1]
    depth = len(above)
    has_settings = dataclasses.is_dataclass(inner)
    made: dict[str, object] = dict(default or {}) if has_settings else {}
    below = {path: entry for path, entry in entries.items() if path[:depth] == above}
    for path, entry in below.items():
        if len(path) == depth:
            if entry.value != EMPTY:
                raise ConfigError(f"{entry.place} is a table of names of your own, not one value.")
        elif has_settings:
            there = (default or {}).get(path[depth])
            made[path[depth]] = _build(
                typing.cast("type", inner), entries, path[: depth + 1], there
            )
        elif len(path) > depth + 1:
            raise ConfigError(f"{entry.place}: {'.'.join(path[: depth + 1])} is one value.")
        else:
            made[path[depth]] = value_of(inner, entry)
    return made


def _unknown(path: tuple[str, ...], depth: int, fields: Sequence[str], entry: Entry) -> ConfigError:
    near = difflib.get_close_matches(path[depth], fields, n=1)
    group = ".".join(path[:depth])
    hint = f" Did you mean {'.'.join((*path[:depth], near[0]))!r}?" if near else ""
    return ConfigError(
        f"{entry.place}: there is no setting {'.'.join(path[: depth + 1])!r}.{hint} "
        f"{group or 'The settings'} {'has' if group else 'have'}: {', '.join(fields)}."
    )
