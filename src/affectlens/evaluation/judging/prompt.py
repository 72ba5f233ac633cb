"""`Prompt`: what judges are asked, as data: the published texts, and ours, which say that they are.

They lie in `evaluation/prompts/`.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from affectlens.foundation.errors import ConfigError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text with slots, and where it comes from; "ours" begins what was never published."""

    text: str
    source: str

    @property
    def slots(self) -> frozenset[str]:
        """The names of what is filled in."""
        return frozenset(_SLOT.findall(self.text))

    def fill(self, **values: str) -> str:
        """The text with all its slots filled; braces in the values stay what they are."""
        assert values.keys() == self.slots, (set(values), self.slots)
        return _SLOT.sub(lambda slot: values[slot[1]], self.text)


def prompt(name: str, language: Language = "en") -> Prompt:
    """A prompt in a language.

    Raises:
        ConfigError: there is none in that language.
    """
    by_language = prompts()[name]
    if language not in by_language:
        has = ", ".join(by_language)
        raise ConfigError(f"The prompt {name!r} is there in {has}, not in {language!r}.")
    return by_language[language]


@functools.cache
def prompts() -> Mapping[str, Mapping[Language, Prompt]]:
    """All of them, by name and language."""
    found: dict[str, Mapping[Language, Prompt]] = {}
    folder = files("affectlens.evaluation.judging") / "prompts"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        for name, entry in tomllib.loads(file.read_text("utf-8")).items():
            assert name not in found, name
            found[name] = {
                language: Prompt(entry[language], entry["source"][language])
                for language in LANGUAGES
                if language in entry
            }
    return found
