"""`JsonRows`: objects of a file of JSON lines or of a JSON array, read one at a time."""

import json
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import InputError

_BETWEEN = re.compile(r"[\s,]*")
_MARK = b"\xef\xbb\xbf"  # of UTF-8, before the first row

Place = tuple[int, int, int]  # where a row begins, its bytes, its number for people


class JsonRows:
    """Where rows stand in a file; nothing of them is kept."""

    def __init__(self, path: Path) -> None:
        """Look through the file once.

        Raises:
            InputError: there is no such file, or it is an array that is damaged.
        """
        if not path.is_file():
            raise InputError(f"There is no file {path}.")
        self.path = path
        self._places = array("Q")
        for place in _in_array(path) if _is_array(path) else _in_lines(path):
            self._places.extend(place)

    def __len__(self) -> int:
        return len(self._places) // 3

    def place(self, index: int) -> str:
        """Where a row stands, for people."""
        return f"{self.path.name}, row {self._places[3 * index + 2]}"

    def row(self, index: int) -> dict[str, Any]:
        """One object.

        Raises:
            InputError: it is damaged; tells file and row.
        """
        start, size = self._places[3 * index], self._places[3 * index + 1]
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        try:
            found = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{self.place(index)} is not JSON: {error}.") from None
        if not isinstance(found, dict):
            raise InputError(f"{self.place(index)}: wanted an object, found {str(found)[:60]!r}.")
        return found


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).removeprefix(_MARK).lstrip().startswith(b"[")


def _in_lines(path: Path) -> Iterator[Place]:
    start = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield start, len(line), number
            start += len(line)


def _in_array(path: Path) -> Iterator[Place]:
    """The text is held meanwhile; files larger than memory are JSON lines."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}. Save it as UTF-8 text.") from None
    decoder = json.JSONDecoder()
    at = text.index("[") + 1
    start = len(_MARK) * raw.startswith(_MARK) + at  # in bytes
    number = 0
    while True:
        begin = _end(_BETWEEN, text, at)
        start += len(text[at:begin].encode())
        if text.startswith("]", begin):
            return
        number += 1
        try:
            _, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, row {number}, is not JSON: {error}. As JSON lines, the others could be "
                "read."
            ) from None
        size = len(text[begin:at].encode())
        yield start, size, number
        start += size


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    assert match is not None  # it matches nothing, too
    return match.end()
