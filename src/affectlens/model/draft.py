"""A folder that appears whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from affectlens.foundation.records import sync_folder


@contextlib.contextmanager
def draft_of(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that takes its place at the end, unless something goes wrong.

    Rights are those of any new folder and file. A process that is killed leaves only a hidden
    folder whose name ends in .part.
    """
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        dir=out.parent, prefix=f".{out.name}.", suffix=".part", ignore_cleanup_errors=True
    ) as scratch:
        draft = Path(scratch, "made")
        draft.mkdir()
        yield draft
        _settle(draft)
        if out.exists():
            out.rename(Path(scratch, "replaced"))
        draft.rename(out)
        sync_folder(out.parent)


def _settle(draft: Path) -> None:
    """Put every file on the disk; safetensors makes its files readable for their owner alone."""
    rights = draft.stat().st_mode & 0o666
    for path in (path for path in draft.rglob("*") if path.is_file()):
        path.chmod(rights)
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    sync_folder(draft)
