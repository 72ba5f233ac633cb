"""`Stopping`: at SIGTERM or SIGINT a run finishes its step, writes a checkpoint and ends."""

import logging
import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from affectlens.training.shares import greatest

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# One wish may come twice, from the terminal and from a launcher such as torchrun.
_SAME_WISH_S = 1.0

log = logging.getLogger(__name__)


class Stopping(TrainerCallback):
    """A context in which the two signals stop a trainer that has this callback.

    One process of many is enough: all end at the same step. A second signal, a second or more
    after the first, ends the process at once. Outside the main thread nothing is caught.
    """

    def __init__(self) -> None:
        self.signal = 0  # of this process or, once all have agreed, of any
        self._since = 0.0
        self._before: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int | None:
        """143 after SIGTERM, 130 after SIGINT, None when nobody stopped it."""
        return 128 + self.signal if self.signal else None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._caught) for one in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one, handler in self._before.items():
            # None: it was set by another than Python, and cannot be told to it again
            signal.signal(one, signal.SIG_DFL if handler is None else handler)
        self._before = {}

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """All processes agree whether this was the last step."""
        self.signal = greatest(self.signal, args.device)
        if self.signal:
            if state.is_world_process_zero:
                log.warning("Stopping after step %d: a checkpoint is written.", state.global_step)
            control.should_save = control.should_training_stop = True

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """A signal that came after the last step stops what comes after the stage."""
        self.signal = greatest(self.signal, args.device)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if not self.signal:
            self.signal, self._since = number, time.monotonic()
        elif time.monotonic() - self._since >= _SAME_WISH_S:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
