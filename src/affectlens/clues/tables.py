"""The published tables that join action units to emotions and to words, read from data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tables:
    """Each table by its source's name; see `au_emotions.toml` for where each is from."""

    sets: Mapping[str, Mapping[str, frozenset[str]]]  # source → emotion → action units
    phrases: Mapping[str, Mapping[str, tuple[str, ...]]]  # source → action unit → phrases


@cache
def tables() -> Tables:
    """All of them."""
    text = resources.files("affectlens.clues").joinpath("au_emotions.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Tables(
        sets={
            source: {emotion: frozenset(units) for emotion, units in rows.items()}
            for source, rows in data["sets"].items()
        },
        phrases={
            source: {unit: tuple(words) for unit, words in rows.items()}
            for source, rows in data["phrases"].items()
        },
    )


def phrases(source: str = "merr") -> Mapping[str, tuple[str, ...]]:
    """Action unit → its phrases in a publication.

    Raises:
        ConfigError: there is no table of that name.
    """
    known = tables().phrases
    if source not in known:
        raise ConfigError(f"There is no AU→phrase table {source!r}. There are: {', '.join(known)}.")
    return known[source]
