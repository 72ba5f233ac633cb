"""Plug-ins by the name of their file: listed without importing, imported when asked for."""

import difflib
import functools
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from types import ModuleType

from affectlens.foundation.errors import ConfigError


def names(group: str) -> list[str]:
    """Names in a group such as "perception.backends", sorted; nothing is imported but the folder.

    Outside packages join through an entry point of the group `affectlens.<group>`.
    """
    spec = importlib.util.find_spec(f"affectlens.{group}")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    own = {m.name for m in pkgutil.iter_modules(folders) if not m.name.startswith("_")}
    return sorted(own | set(_outside(group)))


def load(group: str, name: str) -> ModuleType:
    """Import one plug-in of a group.

    Raises:
        ConfigError: there is no plug-in of that name; the message names the nearest.
    """
    known = names(group)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"There is no {name!r} in {group}.{hint} It has: {', '.join(known)}.")
    outside = _outside(group)
    return importlib.import_module(outside.get(name, f"affectlens.{group}.{name}"))


def _outside(group: str) -> dict[str, str]:
    """Name to module of the plug-ins that other packages bring."""
    return _points(f"affectlens.{group}", tuple(sys.path))


@functools.cache
def _points(group: str, path: tuple[str, ...]) -> dict[str, str]:
    """Reading what every installed package says of itself takes long; `path` is where they lie."""
    points = importlib.metadata.entry_points(group=group)
    return {point.name: point.value for point in points}
