"""How far a stage is, for whoever watches: a bar on a terminal, else a line now and then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich import progress as rich_progress
from rich.console import Console
from transformers import (
    PrinterCallback,
    ProgressCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.utils import logging

from affectlens.training.report.words import span

_EVERY_S = 5.0  # between two lines


@contextmanager
def bars(stage: str, console: Console | None = None) -> Iterator["Watched"]:
    """A callback that shows a stage on stderr; transformers shows nothing meanwhile."""
    err = console or Console(stderr=True, highlight=False, soft_wrap=True)
    level, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    shown = Watched(stage, err)
    try:
        yield shown
    finally:
        shown.close()
        logging.set_verbosity(level)
        if had_bars:
            logging.enable_progress_bar()


def hush(trainer: Any) -> None:
    """Take away what a Trainer of transformers shows by itself."""
    for kind in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(kind)


class Watched(TrainerCallback):
    """Shows stage, steps, loss, samples per second and the time left; the main process only."""

    def __init__(self, stage: str, console: Console) -> None:
        self._stage = stage
        self._console = console
        self._display: rich_progress.Progress | None = None
        self._task = rich_progress.TaskID(0)
        self._told: dict[str, str] = {"loss": "", "speed": ""}
        self._begun = self._said = self._logged = 0.0
        self._first = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Show the bar."""
        self._begun = self._said = self._logged = time.monotonic()
        self._first = state.global_step
        is_screen = self._console.is_terminal and not self._console.is_dumb_terminal
        if state.is_world_process_zero and is_screen:
            self._display = rich_progress.Progress(
                rich_progress.TextColumn("{task.description}", markup=False),
                rich_progress.BarColumn(),
                rich_progress.MofNCompleteColumn(),
                rich_progress.TextColumn("{task.fields[loss]}", markup=False),
                rich_progress.TextColumn("{task.fields[speed]}", markup=False),
                rich_progress.TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._display.add_task(
                self._stage, total=state.max_steps, loss="", speed=""
            )
            self._display.update(self._task, completed=state.global_step)
            self._display.start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Move the bar, or say a line when the last one is some seconds old."""
        if self._display is not None:
            self._display.update(self._task, completed=state.global_step)
        elif state.is_world_process_zero and time.monotonic() - self._said >= _EVERY_S:
            self._say(state)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Take note of loss and speed."""
        logs = now.get("logs") or {}
        if "loss" not in logs:
            return
        seconds, self._logged = time.monotonic() - self._logged, time.monotonic()
        self._told["loss"] = f"loss {logs['loss']:.4f}"
        if "samples" in logs and seconds > 0:
            self._told["speed"] = f"{logs['samples'] / seconds:.3g} samples/s"
        if self._display is not None:
            self._display.update(self._task, loss=self._told["loss"], speed=self._told["speed"])

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Say the last line."""
        self.close()
        if state.is_world_process_zero:
            self._say(state)

    def close(self) -> None:
        """Take the bar away."""
        if self._display is not None:
            self._display.stop()
            self._display = None

    def _say(self, state: TrainerState) -> None:
        self._said = time.monotonic()
        done = state.global_step - self._first
        each_s = (self._said - self._begun) / done if done else 0.0
        left = span(each_s * (state.max_steps - state.global_step))
        told = [f"step {state.global_step}/{state.max_steps}", *filter(None, self._told.values())]
        if done and state.global_step < state.max_steps:
            told.append(f"{left} left")
        self._console.print(f"{self._stage}: {', '.join(told)}", markup=False)
