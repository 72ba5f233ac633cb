"""`manifest.json` of a model's folder: what made it, and checksums of its weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import affectlens
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import write_atomically
from affectlens.model import carried

FILE = "manifest.json"
CONVERSION = "conversion"  # what of it says which files were converted
LANGUAGE_SHA256 = "language_sha256"  # of a language model that we carry, and so know
_SCHEMA = "affectlens.model/1"


def write(
    folder: Path, *, system: str, language: str, conversion: Mapping[str, Any] | None = None
) -> None:
    """Write the manifest of a folder whose weights are complete."""
    weights = sorted(folder.glob("*.safetensors"))
    carried_sha256 = carried.fingerprint(language)
    content: dict[str, Any] = {
        "schema": _SCHEMA,
        "affectlens": affectlens.__version__,
        "system": system,
        "language": language,
        **({} if carried_sha256 is None else {LANGUAGE_SHA256: carried_sha256}),
        "files": {
            path.name: {"size": path.stat().st_size, "sha256": sha256_of(path)} for path in weights
        },
    }
    if conversion is not None:
        content[CONVERSION] = conversion
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_atomically(folder / FILE, f"{text}\n")


def read(folder: Path) -> dict[str, Any]:
    """What made a folder.

    Raises:
        InputError: it has no manifest that can be read.
    """
    path = folder / FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return content


def verify(folder: Path) -> None:
    """Compare a folder's weights with its manifest; one without, from another tool, passes.

    Raises:
        InputError: a file is missing or not as it was written; all are listed.
    """
    stated = checksums(folder)
    wrong = [name for name, sha256 in stated.items() if not _is(folder / name, sha256)]
    if wrong:
        raise InputError(
            f"In {folder} these weights are missing or not as they were written: "
            f"{', '.join(wrong)}. Copy the folder again, or make it anew."
        )


def checksums(folder: Path) -> dict[str, str]:
    """File name to SHA-256 of the weights, as the manifest has them; empty without one.

    Raises:
        InputError: the manifest cannot be read.
    """
    if not (folder / FILE).exists():
        return {}
    try:
        return {name: facts["sha256"] for name, facts in read(folder)["files"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / FILE} is no manifest of a model: {error!r}") from error


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
