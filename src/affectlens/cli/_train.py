"""What `affectlens train` does once its command line is read."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from affectlens.cli._annotate import resumable
from affectlens.cli.terminal import bars, columns, console, emit
from affectlens.foundation import config
from affectlens.training.recipe import Recipe


def read_recipe(file: Path, sets: Sequence[str]) -> Recipe:
    """A recipe from a TOML file < the environment < `--set`.

    Raises:
        ConfigError: something in it is not as it should be.
    """
    return config.read(Recipe, file=file, env=dict(os.environ), sets=sets)


def run(recipe: Recipe, out: Path, *, check: bool, offline: bool) -> int:
    """Train, and say what it came to; gives the exit code."""
    if offline:
        os.environ["AFFECTLENS_OFFLINE"] = "1"
    with resumable():
        from affectlens.training import processes
        from affectlens.training import run as runs

        first = processes.is_first()

        def tell(sentence: str) -> None:
            if first:
                console().print(sentence, markup=False)

        with _warnings(tell):
            done = runs.run(recipe, out, watching=bars(), tell=tell, check=check)
    if not first:
        return done.stopped or 0
    if done.stopped is not None:
        tell("Stopped; what is done is kept. The same command goes on from there.")
        return done.stopped
    if check:
        return 0
    rows = [(name, "done before", "", "") for name in done.before]
    for name, one in done.stages.items():
        best = "" if one.best is None else f"{one.best['metric']} {one.best['value']:.3f}"
        rows.append((name, f"{one.steps:,} steps in {one.seconds:.0f} s", f"{one.loss:.3f}", best))
    emit(columns(("stage", "trained", "mean loss", "held back"), rows))
    emit(f"model  {out / 'model'}")
    tell(f"report: {out / 'report.html'}")
    return 0


@contextmanager
def _warnings(tell: Callable[[str], None]) -> Iterator[None]:
    """Let people hear of what a run passes over, such as a damaged checkpoint."""
    log = logging.getLogger("affectlens.training")
    before, ours = log.level, _Telling(tell)
    log.setLevel(logging.WARNING)
    log.addHandler(ours)
    try:
        yield
    finally:
        log.removeHandler(ours)
        log.setLevel(before)


class _Telling(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
