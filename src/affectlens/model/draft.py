"""A folder that appears whole or not at all."""

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from affectlens.foundation import locks, room
from affectlens.foundation.records import settle, sync_folder

_LOCK = "in-use"  # held, and not empty, as long as a scratch folder's process lives


@contextlib.contextmanager
def draft_of(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that takes its place at the end, unless something goes wrong.

    Rights are those of any new folder and file.

    Raises:
        LimitError: the disk is full.
    """
    out = out.absolute()
    with scratch_of(out) as scratch:
        draft = scratch / "made"
        draft.mkdir()
        yield draft
        settle(draft)
        if out.exists():
            out.rename(scratch / "replaced")
        draft.rename(out)
        sync_folder(out.parent)


@contextlib.contextmanager
def scratch_of(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out`, on its disk, that is gone at the end.

    A process that is killed leaves its own, whose name ends in .part; the next removes it.

    Raises:
        LimitError: the disk is full.
    """
    out = out.absolute()
    with room.wanted(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        for left in out.parent.glob(f".{glob.escape(out.name)}.*.part"):
            _remove_unused(left)
        with (
            TemporaryDirectory(
                dir=out.parent, prefix=f".{out.name}.", suffix=".part", ignore_cleanup_errors=True
            ) as scratch,
            Path(scratch, _LOCK).open("w+b") as lock,
        ):
            locks.take(lock)
            lock.write(b"1")  # only now may another take it for one that was left
            lock.flush()
            yield Path(scratch)


def _remove_unused(scratch: Path) -> None:
    """Remove a scratch folder whose process is dead; one that is not ours has no lock to tell."""
    with contextlib.suppress(FileNotFoundError), (scratch / _LOCK).open("r+b") as lock:
        if os.fstat(lock.fileno()).st_size and locks.try_to_take(lock):
            shutil.rmtree(scratch, ignore_errors=True)
