"""transformers without its progress bars and reports: what is wrong we say ourselves, and stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# How much the library tells is one setting of the process: two threads would swap theirs.
_ONE = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Only the library's errors are told meanwhile; one thread at a time."""
    from transformers.utils import logging

    with _ONE:
        level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if bar:
                logging.enable_progress_bar()
