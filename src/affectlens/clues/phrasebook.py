"""`Phrasebook`: every phrase and sentence of one language, read from data."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from affectlens.foundation.errors import ConfigError

_PREFIX, _SUFFIX = "phrasebook.", ".toml"


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases of clues by kind, sentences of explanations by name, names of modalities."""

    language: str
    clue: Mapping[str, str]
    explanation: Mapping[str, str]
    modality: Mapping[str, str]

    def phrase(self, kind: str, values: Mapping[str, float | str] | None = None) -> str:
        """A clue's text; "tone.sad" falls back to "tone" when it has no phrase of its own."""
        template = self.clue.get(kind) or self.clue[kind.split(".")[0]]
        return template.format(**(values or {}))

    def sentence(self, name: str, values: Mapping[str, float | str] | None = None) -> str:
        """A sentence of an explanation."""
        return self.explanation[name].format(**(values or {}))

    def join(self, items: Sequence[str]) -> str:
        """Several phrases as one enumeration."""
        if len(items) < 2:
            return "".join(items)
        comma, last = self.explanation["list_comma"], self.explanation["list_and"]
        return comma.join(items[:-1]) + last + items[-1]


def languages() -> list[str]:
    """The languages that there is a phrasebook for."""
    files = (entry.name for entry in resources.files("affectlens.clues").iterdir())
    return sorted(
        name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        for name in files
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
    )


@cache
def phrasebook(language: str = "en") -> Phrasebook:
    """The phrasebook of a language, by its ISO 639-1 code.

    Raises:
        ConfigError: there is none.
    """
    known = languages()
    if language not in known:
        raise ConfigError(
            f"There is no phrasebook for language {language!r}. There are: {', '.join(known)}."
        )
    place = resources.files("affectlens.clues").joinpath(f"{_PREFIX}{language}{_SUFFIX}")
    data = tomllib.loads(place.read_text("utf-8"))
    return Phrasebook(language, data["clue"], data["explanation"], data["modality"])
