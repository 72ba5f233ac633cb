"""What somebody wrote of settings: in a TOML file, in the environment, on the command line."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.foundation.errors import ConfigError

PREFIX = "AFFECTLENS__"  # AFFECTLENS__PERCEPTION__FACES__RATE_HZ is perception.faces.rate_hz


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as somebody wrote it, and where."""

    value: object
    place: str
    is_text: bool  # written where everything is text: environment, command line


Entries = dict[tuple[str, ...], Entry]
EMPTY: dict[str, object] = {}  # the value of a table in which nothing stands


def from_file(file: Path) -> Entries:
    """Of a TOML file; an empty table is an entry of its own.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The settings {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings {file} are not TOML: {error}.") from error
    return {
        path: Entry(value, f"{file}: {'.'.join(path)}", is_text=False)
        for path, value in _leaves(table, ())
    }


def _leaves(
    table: Mapping[str, object], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def from_environment(env: Mapping[str, str]) -> Entries:
    """Of the variables that begin with `PREFIX`."""
    return {
        tuple(name.removeprefix(PREFIX).lower().split("__")): Entry(value, name, is_text=True)
        for name, value in env.items()
        if name.startswith(PREFIX)
    }


def from_sets(sets: Sequence[str]) -> Entries:
    """Of NAME=VALUE, as the command line gives them.

    Raises:
        ConfigError: one has no "=".
    """
    entries: Entries = {}
    for item in sets:
        name, equals, value = item.partition("=")
        if not equals:
            raise ConfigError(f"--set wants NAME=VALUE, such as a.b=1, got {item!r}.")
        name = name.strip()
        entries[tuple(name.split("."))] = Entry(value, f"--set {name}", is_text=True)
    return entries
