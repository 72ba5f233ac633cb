"""`Language`: how a text's language is told, read from `languages.toml`."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Language:
    """Its letters and, where other languages have the same, its most frequent words."""

    letters: re.Pattern[str]  # a word of its script
    own: re.Pattern[str]  # letters of which every text has some
    frequent: frozenset[str]  # empty where the letters tell it


def language(name: str) -> Language:
    """A language by its ISO 639-1 code.

    Raises:
        ConfigError: it is not in the table.
    """
    known = languages()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"checks.language: no text can be told to be in {name!r}.{hint} There are: "
            f"{', '.join(sorted(known))}; or require no check of the language."
        )
    return known[name]


@cache
def languages() -> Mapping[str, Language]:
    """All of them, by their codes."""
    place = resources.files("affectlens.annotation").joinpath("languages.toml")
    data = tomllib.loads(place.read_text("utf-8"))
    scripts = data["scripts"]
    found = {}
    for name, raw in data["languages"].items():
        letters = "".join(scripts[script] for script in raw["scripts"])
        found[name] = Language(
            letters=re.compile(rf"[{letters}\d'’-]+"),
            own=re.compile(f"[{scripts[raw['own']] if 'own' in raw else letters}]"),
            frequent=frozenset(raw.get("words", "").split()),
        )
    return found
