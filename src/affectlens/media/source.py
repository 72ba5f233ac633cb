"""Which files are taken at all: regular local files that are media, refused before any decoding."""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from affectlens.foundation.errors import InputError

Identity = tuple[int, int, int, int]  # device, inode, bytes, time of change in ns
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_KINDS = (
    (stat.S_ISDIR, "a folder; name the files in it"),
    (stat.S_ISFIFO, "a pipe; save it to a file first"),
    (stat.S_ISSOCK, "a socket; save the stream to a file first"),
    (stat.S_ISCHR, "a device; record it to a file first"),
    (stat.S_ISBLK, "a device; copy it to a file first"),
)
_POINTERS = (
    (b"#EXTM3U", "an HLS playlist"),
    (b"ffconcat version", "an ffconcat script"),
    (b"<MPD", "a DASH manifest"),
    (b"[playlist]", "a playlist"),
    (b"v=0\n", "a session description (SDP)"),
    (b"v=0\r\n", "a session description (SDP)"),
)


def identity_of(path: Path) -> Identity:
    """What tells whether the file behind a path is still the same.

    Raises:
        InputError: it is absent, or no regular file, or empty.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        if _ADDRESS.match(str(path)):
            raise InputError(f"{path} is an address; only local files are read.") from None
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be opened: {reason}.") from None
    for is_kind, what in _KINDS:
        if is_kind(facts.st_mode):
            raise InputError(f"{path.name} is {what}.")
    if not facts.st_size:
        raise InputError(f"{path.name} is empty (0 bytes).")
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


@contextlib.contextmanager
def opened(path: Path, identity: Identity) -> Iterator[int]:
    """A descriptor of the file for reading; never waits, even should a pipe have taken its place.

    Raises:
        InputError: it cannot be read, or is not the same as before.
    """
    try:
        file = _above_standard(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened: {error.strerror}.") from None
    try:
        facts = os.fstat(file)
        now = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if now != identity or not stat.S_ISREG(facts.st_mode):
            raise InputError(f"{path.name} has changed since it was opened; open it again.")
        yield file
    finally:
        os.close(file)


def _above_standard(file: int) -> int:
    """The same file under a number that no child's stdin, stdout or stderr takes."""
    if file > 2:
        return file
    higher = _above_standard(os.dup(file))  # the lowest free number: soon above
    os.close(file)
    return higher


def sha256_of(file: int) -> str:
    """Checksum of a file's content, read in pieces."""
    with os.fdopen(os.dup(file), "rb") as content:
        content.seek(0)
        return hashlib.file_digest(content, "sha256").hexdigest()


def refuse_pointers(file: int, name: str) -> None:
    """Refuse files that only say where the media are.

    Raises:
        InputError: it is such a file.
    """
    start = os.pread(file, 1024, 0).removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what in _POINTERS:
        if start.startswith(mark) or (mark == b"<MPD" and start[:1] == b"<" and mark in start):
            raise InputError(
                f"{name} is {what}, which points to other files or addresses; these are not"
                " followed. Give the media file itself."
            )
