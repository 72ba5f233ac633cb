"""Reads back what `analyze` wrote: one JSON object, or JSON lines."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.reasoning import document
from affectlens.reasoning.analysis import SCHEMA, Analysis


@dataclass(frozen=True, slots=True)
class FileNames:
    """A file name for each input; of inputs that are called the same, later ones get a number."""

    suffix: str
    given: Counter[str] = field(default_factory=Counter)

    def below(self, out: Path, source: Path, *, several: bool) -> Path:
        """Where the next file goes: a new `out` is a folder for several, or if it has no suffix."""
        is_folder = several or out.is_dir() or not (out.suffix or out.exists())
        return out / self.of(source) if is_folder else out

    def of(self, source: Path) -> str:
        """The name of the next file that is made from this input."""
        self.given[source.name] += 1
        number = self.given[source.name]
        return f"{source.name}{'' if number == 1 else f'-{number}'}{self.suffix}"


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
    """One object or one list of them that fills the file, or one object a line."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    values: Iterator[object]
    if whole is None:
        # Only a line feed ends a line; a last one without it was torn when its writer was killed.
        complete = text.split("\n")[:-1]
        values = (_parsed(path, number, row) for number, row in enumerate(complete, 1))
    else:
        values = iter(whole if isinstance(whole, list) else [whole])
    for number, value in enumerate(values, start=1):
        if not isinstance(value, dict):
            raise InputError(f"{path}, record {number} is not an object.")
        yield value


def _parsed(path: Path, number: int, row: str) -> object:
    try:
        return json.loads(row)
    except ValueError as error:
        raise InputError(f"{path}, line {number} is not JSON: {error}.") from error
