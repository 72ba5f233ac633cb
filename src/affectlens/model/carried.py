"""Language models that `affectlens models pull` fetches, by "carried:NAME"."""

import logging
from pathlib import Path

from affectlens.encoders.weights import CARRIED, converted_folder
from affectlens.foundation import locks, weights
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.model import draft, llama_gguf

log = logging.getLogger(__name__)

# Another number makes another folder: to be raised when the same file is converted otherwise.
_CONVERSION = 1


def name_of(language: str) -> str | None:
    """The name in the manifest of models that a language model's name means, if it means one."""
    return language.removeprefix(CARRIED) if language.startswith(CARRIED) else None


def fingerprint(language: str) -> str | None:
    """SHA-256 in hex of a carried language model; None for any other.

    Raises:
        ConfigError: none of that name is carried.
    """
    name = name_of(language)
    return None if name is None else weights.fingerprint(name)


def folder(name: str) -> Path:
    """The folder of a carried model as transformers reads it; made of its GGUF file once.

    Raises:
        ConfigError: there is no model of that name.
        UnavailableError: it is not on this machine, is damaged, or cannot be kept converted.
        InputError: it is no language model of a kind that can be converted.
    """
    found = weights.find(name)
    if isinstance(found, Missing):
        raise UnavailableError(str(found))
    made = _place(name)
    if made.is_dir():
        return made
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        with locks.held(made.with_name(f".{made.name}.lock")):
            if not made.is_dir():
                _convert(name, found, made)
    except OSError as error:
        raise UnavailableError(
            f"The model {name} cannot be converted into {made.parent}: {error.strerror or error}. "
            "Set AFFECTLENS_HOME to a folder with room that this user may write."
        ) from error
    return made


def _place(name: str) -> Path:
    mark = sha256_of_text(f"{weights.fingerprint(name)} {_CONVERSION}")
    return converted_folder() / f"{name}-{mark[:12]}"


def _convert(name: str, file: Path, made: Path) -> None:
    if problems := weights.verify(name):
        raise UnavailableError("\n".join(problems))
    log.info("converting %s to safetensors, once", name)
    with draft.draft_of(made) as folder_:
        llama_gguf.write(file, folder_)
