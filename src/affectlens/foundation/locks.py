"""A lock between processes, held on a file and let go by the system when its holder dies."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def try_to_take(file: IO[bytes]) -> bool:
        """Take the lock on an open file, or say that another has it."""
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def try_to_take(file: IO[bytes]) -> bool:
        """Take the lock on an open file, or say that another has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def take(
    file: IO[bytes], *, every_s: float = 0.01, on_wait: Callable[[], None] | None = None
) -> None:
    """Wait until the lock on an open file is ours; closing the file lets it go.

    `on_wait` is called once, when another process has it.
    """
    if try_to_take(file):
        return
    if on_wait is not None:
        on_wait()
    while not try_to_take(file):
        time.sleep(every_s)


@contextmanager
def held(path: Path, *, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock on `path`, which is made when it is not there and stays behind."""
    with path.open("ab") as file:
        take(file, every_s=0.1, on_wait=on_wait)
        yield
