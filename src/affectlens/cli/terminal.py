"""Where the command line's words go: data to stdout, messages and bars to stderr."""

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich import progress as rich_progress
from rich.console import Console

_PIPE_CLOSED = 141  # exit code: 128 + SIGPIPE
_EVERY_S = 3.0  # between two lines of progress where there is no terminal


def console() -> Console:
    """The console for messages, on stderr; it honours NO_COLOR."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def emit(text: str) -> None:
    """Write data to stdout as UTF-8, with one line feed at its end."""
    speak(text if text.endswith("\n") else text + "\n")


def speak(piece: str) -> None:
    """Write a piece of text to stdout as it is, at once."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        kept = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        # A file's name may hold bytes that are no UTF-8; JSON reads the escape back.
        sys.stdout.reconfigure(encoding=kept, errors="backslashreplace")
    try:
        sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough, such as `head`
        silence_stdout()
        raise SystemExit(_PIPE_CLOSED) from None


def silence_stdout() -> None:
    """Send what stdout still holds nowhere, so that leaving the program cannot fail over it."""
    try:
        target = sys.stdout.fileno()
    except (OSError, ValueError):  # a stand-in without a descriptor
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, target)
    os.close(nowhere)


class Shown(Protocol):
    """A `Progress` that people see."""

    def __call__(self, stage: str, share: float) -> None:
        """Show how far a stage is."""

    def aside(self, piece: str) -> None:
        """Show a piece of running text in its place, where there is a terminal."""


@contextmanager
def bars() -> Iterator[Shown]:
    """A bar per stage on a terminal, else a line now and then."""
    err = console()
    if not err.is_terminal or err.is_dumb_terminal:
        yield _Lines(err)
        return
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=err, transient=True) as display:
        yield _Bars(display)


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads as plain text, each column as wide as its widest cell."""
    table = [list(heads), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    return "\n".join(lines)


class _Lines:
    """Progress as plain lines, at most one every few seconds."""

    def __init__(self, err: Console) -> None:
        self._err = err
        self._last_s = time.monotonic()

    def __call__(self, stage: str, share: float) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= _EVERY_S:
            self._last_s = now_s
            self._err.print(f"{stage}: {share:.0%}", markup=False)

    def aside(self, piece: str) -> None:
        """Nothing: the text is in the result, and a log is no place for it twice."""


class _Bars:
    """Progress as bars, one for each stage that was heard of."""

    def __init__(self, display: rich_progress.Progress) -> None:
        self._display = display
        self._tasks: dict[str, rich_progress.TaskID] = {}

    def __call__(self, stage: str, share: float) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._display.add_task(stage, total=1.0)
        self._display.update(self._tasks[stage], completed=share)

    def aside(self, piece: str) -> None:
        """Take the bars away and write."""
        self._display.stop()
        self._display.console.print(piece, end="", markup=False)
