"""Whether a disk is full, whoever says so."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from affectlens.foundation.errors import LimitError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: BaseException) -> bool:
    """Whether an error of the system, or of safetensors, which is no OSError, says so."""
    return getattr(error, "errno", None) in _FULL or any(
        f"(os error {number})" in str(error) for number in _FULL
    )


@contextlib.contextmanager
def wanted(folder: Path) -> Iterator[None]:
    """Where much is written to a folder.

    Raises:
        LimitError: its disk is full.
    """
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise LimitError(
            f"The disk of {folder} is full; what was begun there is removed. Make room, or choose "
            "a place on another disk."
        ) from error
