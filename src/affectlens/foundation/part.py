"""`Part`: a plug-in chosen by name, with its settings, as a value that goes into JSON and back."""

import dataclasses
import difflib
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A plug-in's name and what differs from its defaults; nothing is imported until asked."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def with_(self, **settings: Any) -> "Part":
        """The same part with other settings."""
        return Part(self.name, {**self.settings, **settings})

    def as_json(self) -> Json:
        """Plain values; `from_json` reads them."""
        plain: Json = json.loads(json.dumps({"name": self.name, "settings": dict(self.settings)}))
        return plain

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Part":
        """Lists become tuples, as settings have them."""
        settings = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in data["settings"].items()
        }
        return Part(data["name"], settings)


def use(name: str, **settings: Any) -> Part:
    """A part, as declarations write it: `use("merge_linear", group=4)`."""
    return Part(name, settings)


def configured(group: str, part: Part) -> tuple[ModuleType, Any]:
    """The module of a part's plug-in and its `Config` with the part's settings.

    Raises:
        ConfigError: there is no such plug-in, or it has no such setting; the nearest is named.
    """
    module = plugins.load(group, part.name)
    known = [f.name for f in dataclasses.fields(module.Config)]
    for key in part.settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            has = ", ".join(known) or "nothing to set"
            raise ConfigError(f"{group}.{part.name} has no setting {key!r}.{hint} It has: {has}.")
    _refuse_other_words(f"{group}.{part.name}", module.Config, part.settings)
    return module, module.Config(**part.settings)


def _refuse_other_words(where: str, config: type, settings: Mapping[str, Any]) -> None:
    """A setting that has a few words to choose from has one of them."""
    kinds = typing.get_type_hints(config)
    for key, value in settings.items():
        options = typing.get_args(kinds[key]) if typing.get_origin(kinds[key]) is Literal else ()
        if options and value not in options:
            words = ", ".join(map(repr, options))
            raise ConfigError(f"{where}: {key} is one of {words}, got {value!r}.")
