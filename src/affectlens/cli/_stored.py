"""Reads back what `analyze` wrote: one JSON object, or JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.reasoning import document
from affectlens.reasoning.analysis import SCHEMA, Analysis


def read(path: Path) -> Iterator[Analysis]:
    """Every analysis of a file; rows of files that failed are passed over.

    Raises:
        InputError: the file is not there, or holds no analysis.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    count = 0
    for row in _rows(path, text):
        if row.get("schema") == SCHEMA or "input" not in row:
            count += 1
            yield document.from_json(row)
    if not count:
        raise InputError(f"{path} holds no analysis; write one with `affectlens analyze -o`.")


def _rows(path: Path, text: str) -> Iterator[dict[str, object]]:
    """One object that fills the file, or one a line."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict):
        yield whole
        return
    for number, row in enumerate(text.splitlines(), start=1):
        try:
            value = json.loads(row)
        except ValueError as error:
            raise InputError(f"{path}, line {number} is not JSON: {error}.") from error
        if not isinstance(value, dict):
            raise InputError(f"{path}, line {number} is not an object.")
        yield value
