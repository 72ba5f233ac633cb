"""`Ledger`: records as JSON lines that survive a kill, and files written whole or not at all."""

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from affectlens.foundation import locks
from affectlens.foundation.errors import InputError

_STEP = 65536  # bytes looked back at a time


@dataclass(frozen=True, slots=True)
class Ledger:
    """An append-only file of JSON objects, one a line, each with the `schema` it was written by.

    A line counts once its line feed is on the disk. Several processes may append at once.
    """

    path: Path
    schema: str  # such as "affectlens.record/1"; a record that names none is of this
    also: tuple[str, ...] = ()  # other schemas that lines may have

    def append(self, record: Mapping[str, object]) -> None:
        """Write one record so that it outlives a crash right after; a torn last line is cut off.

        Raises:
            ValueError: the record says another schema, or holds what JSON cannot (NaN, infinity).
        """
        self.extend([record])

    def extend(self, records: Iterable[Mapping[str, object]]) -> None:
        """Write several records, as `append` does, at once; raises as that does."""
        lines = "".join(map(self._line, records))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            locks.take(file)
            _cut_torn_line(file)
            # A file's name may hold bytes that are no UTF-8; the escape is one of JSON's.
            file.write(lines.encode(errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.path.parent)

    def _line(self, record: Mapping[str, object]) -> str:
        if record.get("schema", self.schema) not in (self.schema, *self.also):
            raise ValueError(f"A record of {self.schema!r} says it is {record['schema']!r}.")
        data = {"schema": self.schema, **record}
        return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"

    def read(self) -> Iterator[dict[str, Any]]:
        """Every complete record in order; a torn last line is passed over, no file is no records.

        Raises:
            InputError: a complete line is not a JSON object of this schema.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield self._parse(line, number)

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        place = f"{self.path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested too deep
            raise InputError(
                f"{place} is not JSON ({error}). Remove the line, or move the file away."
            ) from error
        found = record.get("schema") if isinstance(record, dict) else None
        if not isinstance(record, dict) or found not in (self.schema, *self.also):
            raise InputError(
                f"{place} is a record of {found!r}, wanted {self.schema!r}. "
                "Another version or another tool wrote it: choose a new file."
            )
        return record


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file so that whoever reads it finds the old or the new one whole, also after a crash.

    Text is written as UTF-8 with line feeds as they are. The folder is made when it is not there.
    """
    raw = data if isinstance(data, bytes) else data.encode(errors="backslashreplace")
    if path.exists() and not path.is_file():  # a device or pipe is written to, never replaced
        path.write_bytes(raw)
        return
    write_pieces(path, [raw])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """As `write_atomically`, of what is too large to hold at once."""
    path = path.resolve()  # of a link, what it leads to
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:  # also an interrupt: leave no draft behind
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _cut_torn_line(file: IO[bytes]) -> None:
    """Truncate after the last line feed."""
    end = file.seek(0, os.SEEK_END)
    keep = end
    while keep > 0:
        start = max(0, keep - _STEP)
        file.seek(start)
        feed = file.read(keep - start).rfind(b"\n")
        if feed >= 0:
            keep = start + feed + 1
            break
        keep = start
    if keep < end:
        file.truncate(keep)


def settle(folder: Path) -> None:
    """Put all files under a folder on the disk, with the rights of any new file.

    Some writers, safetensors among them, make files that only their owner may read.
    """
    rights = folder.stat().st_mode & 0o666
    inside = list(folder.rglob("*"))
    for path in (one for one in inside if one.is_file()):
        path.chmod(rights)
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    for one in (*(one for one in inside if one.is_dir()), folder):
        sync_folder(one)


def sync_folder(folder: Path) -> None:
    """Put a new or renamed entry of a folder on the disk; Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
