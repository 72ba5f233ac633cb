"""`Prompts`: what models are asked, as data; helper C owns this file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts of one source."""

    sha256: str


def prompts(name: str) -> Prompts:
    """The prompts of a name or a TOML file."""
    return Prompts(sha256=name)
