"""`Journal`: writes down what happens while a stage trains, as JSON lines and for TensorBoard."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from affectlens.evaluation.runs import environment
from affectlens.training import figures
from affectlens.training.groups import assign
from affectlens.training.recipe import Group
from affectlens.training.tensorboard import Curves

_COUNTS = ("samples", "tokens", "broken")
# Of a step, beside its loss and rewards; all but the first of DPO and GRPO.
_NUMBERS = ("grad_norm", "preferred", "margin", "kl", "answer_tokens", "ended")


class Journal(TrainerCallback):
    """Only the main process writes. A stage that goes on from a checkpoint has each step once.

    The trainer's logs may tell `samples`, `tokens` and `broken`: how many there were since the
    logs before, on all processes together.
    """

    def __init__(
        self,
        journal: Path,
        stage: str,
        *,
        facts: Mapping[str, object] | None = None,
        groups: Mapping[str, Group] | None = None,
        details: Callable[[], Mapping[str, object]] = dict,
        curves: Path | None = None,
    ) -> None:
        """Begin to listen; nothing is written before training begins.

        Args:
            journal: The file.
            stage: Its name.
            facts: What else the record of its start tells: recipe, seed, data, notes.
            groups: Of parameters, to be counted when training begins; None: all are one.
            details: What the last development told beside its numbers, such as the confusion.
            curves: The folder for TensorBoard; None: none are kept.
        """
        self.stage = stage
        self._journal = journal
        self._facts = dict(facts or {})
        self._groups = groups or {"all": Group(match=("*",))}
        self._details = details
        self._curves = Curves(curves)
        self._clock = Clock()
        self._seen = dict.fromkeys(_COUNTS, 0)
        self._rates: dict[str, float] = {}
        self._step = 0
        self._is_main = False  # not known before training begins

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Write the start, or from where it goes on."""
        self._is_main, self._step = state.is_world_process_zero, state.global_step
        self._clock.begin()
        if not self._is_main:
            return
        last = self._last_step(state.global_step)
        figures.cut(self._journal, self.stage, state.global_step)
        self._curves.begin(state.global_step)
        told = _surroundings(args)
        if state.global_step:
            self._seen |= {name: int(last[name]) for name in _COUNTS if name in last}
            self._clock.seconds = float(last.get("seconds", 0.0))
            self.write("resumed", **told)
            return
        counts = parameters(now["model"], self._groups)
        self.write("start", steps=state.max_steps, **told, **self._facts, parameters=counts)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Keep the rates of this step: when it is logged, they are those of the next one."""
        self._rates = rates(now.get("optimizer"))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """What comes until the next callback is no training; the last step is always told."""
        self._step = state.global_step
        self._clock.mark()
        if state.global_step >= state.max_steps:
            control.should_log = True

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Write a step."""
        logs: Mapping[str, Any] = now.get("logs") or {}
        if not self._is_main or "loss" not in logs:
            return
        seconds = self._clock.lap()
        added = {name: int(logs[name]) for name in _COUNTS if name in logs}
        for name, count in added.items():
            self._seen[name] += count
        speeds = {
            f"{name}_per_s": round(added[name] / seconds, 3)
            for name in ("samples", "tokens")
            if name in added and seconds > 0
        }
        numbers = {
            "loss": float(logs["loss"]),
            "rates": self._rates,
            **{name: float(logs[name]) for name in _NUMBERS if name in logs},
            **{name: float(logs[name]) for name in logs if name.startswith("rewards/")},
            **{name: self._seen[name] for name in added},
            **speeds,
            "seconds": round(self._clock.seconds, 3),
            "peak_memory_bytes": peak_memory(),
        }
        self.write("step", steps=state.max_steps, **numbers)
        self._curves.add("train", state.global_step, numbers)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Write what the held-back part showed."""
        self._clock.pause()
        metrics: Mapping[str, Any] = now.get("metrics") or {}
        numbers = {
            name.removeprefix("eval_"): value
            for name, value in metrics.items()
            if isinstance(value, int | float) and name not in ("epoch", "step")
        }
        if self._is_main and numbers:
            self._step = state.global_step
            self.write("development", **{**numbers, **self._details()})
            self._curves.add("develop", state.global_step, numbers)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Write that a checkpoint was kept."""
        self._clock.pause()
        if self._is_main:
            self._step = state.global_step
            self.write("checkpoint", best_step=state.best_global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **now: Any
    ) -> None:
        """Write that it is done, or stopped before."""
        self._step = state.global_step
        if not self._is_main:
            return
        self.write("end" if state.global_step >= state.max_steps else "stopped")
        self._curves.end()

    def stopped(self, reason: str) -> None:
        """Write why it stopped, where training does not tell: an error, a signal."""
        if self._is_main:
            self.write("stopped", reason=reason)
            self._curves.end()

    def write(self, kind: str, **facts: object) -> None:
        """Append a record of the step that it is at."""
        figures.write(self._journal, kind, self.stage, self._step, **facts)

    def _last_step(self, step: int) -> Mapping[str, Any]:
        """The last record up to a step that an earlier process wrote."""
        course = figures.read(self._journal).get(self.stage)
        steps = () if course is None else course.steps
        return next((one for one in reversed(steps) if one["step"] <= step), {})


class Clock:
    """Seconds of training, without those of developments and checkpoints."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.begin()

    def begin(self) -> None:
        """From now on."""
        self._since = self._marked = time.monotonic()

    def mark(self) -> None:
        """A step ended."""
        self._marked = time.monotonic()

    def pause(self) -> None:
        """What happened since the last mark was no training."""
        now = time.monotonic()
        self._since += now - self._marked
        self._marked = now

    def lap(self) -> float:
        """Seconds of training since the last lap."""
        now = time.monotonic()
        lap, self._since, self._marked = now - self._since, now, now
        self.seconds += lap
        return lap


def rates(optimizer: Any) -> dict[str, float]:
    """The learning rate of each group, by its name; groups of one name have one rate."""
    groups = [] if optimizer is None else optimizer.param_groups
    return {str(group.get("name", i)): float(group["lr"]) for i, group in enumerate(groups)}


def parameters(model: nn.Module, groups: Mapping[str, Group]) -> dict[str, dict[str, int]]:
    """How many parameters of each group learn, and how many do not.

    Raises:
        ConfigError: as of `groups.assign`.
    """
    found = dict(model.named_parameters())
    counts: dict[str, dict[str, int]] = {}
    for group, names in assign(model, groups).items():
        counts[group] = {"trained": 0, "frozen": 0}
        for one in (found[name] for name in names):
            counts[group]["trained" if one.requires_grad else "frozen"] += getattr(
                one, "ds_numel", one.numel()
            )
    return counts


def peak_memory() -> int | None:
    """Bytes that this process took at most: of its GPU's memory, else of the machine's."""
    if torch.cuda.is_available() and (most := torch.cuda.max_memory_allocated()):
        return int(most)
    if sys.platform == "win32":
        return None
    import resource

    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return own if sys.platform == "darwin" else own * 1024


def _surroundings(args: TrainingArguments) -> dict[str, object]:
    """On what it runs."""
    found = environment.describe()
    facts = ("affectlens", "python", "packages", "system", "architecture", "cpu", "gpus")
    return {
        **{name: found[name] for name in facts},
        "device": str(args.device),
        "processes": args.world_size,
    }
