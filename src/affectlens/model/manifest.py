"""`manifest.json` of a model's folder: what made it, and checksums of its weights."""

import json
from pathlib import Path

import affectlens
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import write_atomically

FILE = "manifest.json"
_SCHEMA = "affectlens.model/1"


def write(folder: Path, *, system: str, language: str) -> None:
    """Write the manifest of a folder whose weights are complete."""
    weights = sorted(folder.glob("*.safetensors"))
    content = {
        "schema": _SCHEMA,
        "affectlens": affectlens.__version__,
        "system": system,
        "language": language,
        "files": {
            path.name: {"size": path.stat().st_size, "sha256": sha256_of(path)} for path in weights
        },
    }
    write_atomically(folder / FILE, json.dumps(content, indent=2) + "\n")


def verify(folder: Path) -> None:
    """Compare a folder's weights with its manifest; one without, from another tool, passes.

    Raises:
        InputError: a file is missing or not as it was written; all are listed.
    """
    path = folder / FILE
    if not path.exists():
        return
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        wrong = [name for name, facts in files.items() if not _is(folder / name, facts["sha256"])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no manifest of a model: {error!r}") from error
    if wrong:
        raise InputError(
            f"In {folder} these weights are missing or not as they were written: "
            f"{', '.join(wrong)}. Copy the folder again, or make it anew."
        )


def checksums(folder: Path) -> dict[str, str]:
    """File name to SHA-256 of the weights, as the manifest has them; empty without one."""
    path = folder / FILE
    if not path.is_file():
        return {}
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return {name: facts["sha256"] for name, facts in files.items()}


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
