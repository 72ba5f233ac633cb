"""Checksums of files and texts."""

import base64
import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex, read in pieces so that its size does not matter."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """The SHA-256 of a text in hex; what UTF-8 has no bytes for counts as its escape."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def policy_hash(text: str) -> str:
    """A hash as content security policies name it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
