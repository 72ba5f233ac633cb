"""What tells the contents of data from others, such that anybody can compute it again."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from affectlens.foundation.hashing import sha256_of

# How they are made, in words of a shell.
FILE = "sha256sum FILE"
FOLDER = "find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
SIZES = "the same with bytes of files in place of their checksums"
MOST = 64 * 2**30  # bytes that are read; of more, sizes are taken


def contents(path: Path) -> dict[str, object]:
    """The checksum of a file or folder, and of what it is."""
    if path.is_file():
        return {"sha256": sha256_of(path), "of": FILE, "files": 1, "bytes": path.stat().st_size}
    files = {
        f"./{one.relative_to(path).as_posix()}": one for one in path.rglob("*") if one.is_file()
    }
    sizes = {name: one.stat().st_size for name, one in files.items()}
    total = sum(sizes.values())
    is_read = total <= MOST
    ordered = sorted(files, key=lambda name: name.encode(errors="surrogateescape"))
    lines = (f"{sha256_of(files[n]) if is_read else sizes[n]}  {n}\n" for n in ordered)
    return {
        "sha256": of_lines(lines),
        "of": FOLDER if is_read else SIZES,
        "files": len(files),
        "bytes": total,
    }


def of_lines(lines: Iterable[str]) -> str:
    """SHA-256 in hex of lines."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()
