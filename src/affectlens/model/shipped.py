"""Models that ship inside the package, by name, and what any model's folder builds on."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from affectlens.encoders.weights import CARRIED
from affectlens.foundation import weights
from affectlens.foundation.missing import Missing

NANO = "nano"


def place(model: str) -> str:
    """What `checkpoint.load` finds a model by: of one that ships its folder, else the same."""
    return str(folder()) if model == NANO else model


def folder() -> Path:
    """Where nano lies in the package."""
    return Path(str(files("affectlens.model") / NANO))


def carriers(model: str, without: Sequence[str] = (), language: str | None = None) -> list[str]:
    """The models of our manifest that a model's folder builds on, sorted.

    `without` are streams that are left out, `language` takes the declared language model's place.
    A folder that is not here yet has none.
    """
    config = Path(place(model)) / "config.json"
    try:
        system = json.loads(config.read_text(encoding="utf-8"))["system"]
        parts = [language or system["language"]]
        parts += [one for one in system["streams"] if one["name"] not in without]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # loading it says what is wrong
    named = {text for text in _texts(parts) if text.startswith(CARRIED)}
    return sorted(text.removeprefix(CARRIED) for text in named)


def obstacle(
    model: str, without: Sequence[str] = (), language: str | None = None
) -> Missing | None:
    """Why a model cannot run on this machine, as far as files tell; nothing is loaded."""
    if model == NANO and not folder().is_dir():
        return Missing("the model nano is not in this installation of affectlens")
    wanted = carriers(model, without, language)
    absent = [name for name in wanted if isinstance(weights.find(name), Missing)]
    if not absent:
        return None
    are = "is" if len(absent) == 1 else "are"
    return Missing(
        f"{' and '.join(absent)} {are} not on this machine: "
        f"run `affectlens models pull {' '.join(absent)}`"
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
