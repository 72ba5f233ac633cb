"""`Saving`: a Trainer whose checkpoints are whole or not there, and resume a run exactly.

`checkpoints/checkpoint-000123/` is a folder that `checkpoint.load` reads, `trainer_state.json`,
`checkpoint.json` (checksums) and `state/`: optimizer, rates and, for each process, chance.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn
from transformers import Trainer

from affectlens.foundation import room
from affectlens.foundation.errors import AffectlensError, ConfigError, InputError, LimitError
from affectlens.foundation.records import settle
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.training import gathered, newest, states
from affectlens.training.disk import check_room, room_wanted, told
from affectlens.training.shares import greatest

_TRAINER = "trainer_state.json"

_FULL = 2  # of what all processes agree on: none failed, one did, a disk is full

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """Where a stage's checkpoints go, and how many stay."""

    folder: Path  # of the stage: checkpoints/, best/
    processor: AffectProcessor
    recipe: str = ""  # its SHA-256, told in each checkpoint
    last: int = 2

    @property
    def checkpoints(self) -> Path:
        """The folder of all of them."""
        return self.folder / "checkpoints"

    @property
    def best(self) -> Path:
        """The model with the best development metric."""
        return self.folder / "best"


class Saving(Trainer):
    """A Trainer of an `AffectLM`; `train(newest(keeping.checkpoints))` goes on bit for bit.

    A new best development metric makes a checkpoint too, whose model becomes `best/`.
    """

    def __init__(self, *args: Any, keeping: Keeping, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.keeping = keeping
        self._saved_at = -1

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the model as it is now to a folder, whole or not at all.

        Raises:
            LimitError: the disk is full.
        """
        place = self.keeping.folder / "model" if output_dir is None else Path(output_dir)
        self._make(place, self._write_model, settle)

    def counts(self) -> dict[str, Any]:
        """What else this process has counted so far and would miss when it goes on."""
        return {}

    def recall(self, counts: dict[str, Any]) -> None:
        """Go on counting; the batches of the step that comes have been made already."""

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write a checkpoint and drop the oldest; on failure those of before are all there."""
        self.store_flos()
        step = self.state.global_step
        place = newest.place_of(self.keeping.checkpoints, step)
        if self._saved_at != step:
            self._make(place, self._write, self._finish)
            self._saved_at = step
        elif self._is_best():  # found so after this step's checkpoint was written
            self._together(place, lambda: self._keep_best(place))
        if self.is_world_process_zero():
            newest.drop_old(self.keeping.checkpoints, step=step, last=self.keeping.last)

    def _make(
        self, place: Path, write: Callable[[Path], None], finish: Callable[[Path], None]
    ) -> None:
        """All processes write into one draft; the first finishes it and gives it its place."""
        draft, main = newest.draft_of(place), self.is_world_process_zero()

        def begin() -> None:
            if main:
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(parents=True)

        def fill() -> None:
            if not draft.is_dir():
                raise InputError(f"{draft} is not seen by all processes; a run wants one disk.")
            write(draft)

        def end() -> None:
            if main:
                finish(draft)
                newest.put(draft, place)

        for work in (begin, fill, end):
            self._together(place, work)

    def _together(self, place: Path, work: Callable[[], None]) -> None:
        """Do it in all processes, or fail in all of them and leave no draft."""
        failure: Exception | None = None
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the others have to be told of any
            failure = error
        bad = 0 if failure is None else 1 + room.is_full(failure)
        worst = greatest(bad, self.args.device)
        if worst == 0:
            return
        if self.is_world_process_zero():
            shutil.rmtree(newest.draft_of(place), ignore_errors=True)
        if worst == _FULL:
            raise self._full(place) from failure
        raise failure or AffectlensError(f"Another process could not write its part of {place}.")

    def _full(self, place: Path) -> LimitError:
        wanted, free = room_wanted(self._affect(), 0), shutil.disk_usage(self.keeping.folder).free
        return LimitError(
            f"The disk is full: {place} wants about {told(wanted)}, {told(free)} are free. The "
            "checkpoints of before are all there: make room and start the same command again."
        )

    def _write(self, draft: Path) -> None:
        """This process's part of a checkpoint."""
        self._write_model(draft)
        folder, main = draft / newest.STATE, self.is_world_process_zero()
        folder.mkdir(exist_ok=True)
        if self.is_deepspeed_enabled:  # weights, optimizer and scaler in shards, its own format
            super()._save_optimizer_and_scheduler(str(draft))
        else:
            optimizer = gathered.optimizer_state(self.optimizer, keep=main)
            if main:
                states.write(optimizer, folder / "optimizer")
                states.write(self.lr_scheduler.state_dict(), folder / "rates")
        if main and self.accelerator.scaler is not None:
            states.write(self.accelerator.scaler.state_dict(), folder / "scaler")
        own_state = {
            "processes": self.args.world_size,
            "chance": states.chance(self.args.device),
            "loss": self._tr_loss,  # since the last line of the journal
            "logged": self._globalstep_last_logged,
            "counts": self.counts(),
        }
        states.write(own_state, folder / f"process-{self.args.process_index}")
        if main:
            self.state.save_to_json(str(draft / _TRAINER))

    def _write_model(self, draft: Path) -> None:
        model = self._affect()
        if self.is_deepspeed_enabled:
            tensors = self.accelerator.get_state_dict(self.deepspeed)
        else:
            tensors = gathered.tensors(model, keep=self.is_world_process_zero())
        if self.is_world_process_zero():
            gathered.write_model(model, self.keeping.processor, tensors, draft)

    def _finish(self, draft: Path) -> None:
        newest.sign(draft, step=self.state.global_step, recipe=self.keeping.recipe)
        if self._is_best():
            self._keep_best(draft)

    def _is_best(self) -> bool:
        step: int = self.state.global_step
        facts = newest.best(self.keeping.best)
        return self.state.best_global_step == step and (facts is None or facts["step"] != step)

    def _keep_best(self, checkpoint: Path) -> None:
        if self.is_world_process_zero():
            facts = {
                "metric": self.args.metric_for_best_model,
                "value": float(self.state.best_metric),
                "step": self.state.global_step,
            }
            newest.keep_best(checkpoint, self.keeping.best, facts)

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """A new best one makes a checkpoint, of whose model `best/` is a link."""
        is_best: bool = super()._determine_best_metric(metrics, trial)
        if is_best:
            self.state.best_global_step = self.state.global_step
            self.control.should_save = True
        return is_best

    def _init_training_state(self, *args: Any) -> tuple[int, int]:
        """Drafts of killed processes go; the best is what `best/` holds, whatever the state has."""
        if self.is_world_process_zero():
            for folder in (self.keeping.folder, self.keeping.checkpoints):
                newest.tidy(folder)
        greatest(0, self.args.device)  # the others wait for it
        done: tuple[int, int] = super()._init_training_state(*args)
        facts = newest.best(self.keeping.best) or {"value": None, "step": None}
        self.state.best_metric, self.state.best_global_step = facts["value"], facts["step"]
        self._saved_at = self.state.global_step
        return done

    def _prepare_for_training(self, *args: Any) -> Any:
        """Before the first step: is there room for what will be written?"""
        prepared = super()._prepare_for_training(*args)
        self._together(self.keeping.checkpoints, self._check_room)
        return prepared

    def _check_room(self) -> None:
        plugin = getattr(self.accelerator.state, "fsdp_plugin", None)
        if plugin is not None and plugin.fsdp_version != 2:
            raise ConfigError("FSDP is wanted in its first version: set fsdp_version to 2.")
        if self.is_world_process_zero():
            check_room(self.keeping.folder, room_wanted(self._affect(), self.keeping.last))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        gathered.read_model(self._affect(), Path(resume_from_checkpoint))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        if self.is_deepspeed_enabled:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        folder = Path(checkpoint, newest.STATE)
        gathered.set_optimizer_state(self.optimizer, states.read(folder / "optimizer"))
        self.lr_scheduler.load_state_dict(states.read(folder / "rates"))

    def _load_scaler(self, checkpoint: str | None) -> None:
        if checkpoint is not None and self.accelerator.scaler is not None:
            state = states.read(Path(checkpoint, newest.STATE, "scaler"))
            self.accelerator.scaler.load_state_dict(state)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Trainer asks for it right before the first step, once its batch has been made."""
        if checkpoint is None:
            return
        path = Path(checkpoint, newest.STATE, f"process-{self.args.process_index}")
        state = states.read(path) if path.with_suffix(".json").exists() else None
        if state is None or state["processes"] != self.args.world_size:
            log.warning(
                "%s was written by another number of processes: the run goes on, but not "
                "exactly as it would have.",
                checkpoint,
            )
            return
        states.set_chance(state["chance"], self.args.device)
        self._tr_loss = state["loss"].to(self.args.device)
        self._globalstep_last_logged = state["logged"]
        self.recall(state["counts"])

    def _evaluate(self, *args: Any, **settings: Any) -> dict[str, float]:
        """Nothing that is drawn in a development pass changes what is learned after it."""
        with states.undisturbed(self.args.device):
            metrics: dict[str, float] = super()._evaluate(*args, **settings)
        return metrics

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Tell callbacks, whatever they draw."""
        with states.undisturbed(self.args.device):
            super().log(logs, start_time)

    def _affect(self) -> AffectLM:
        model: AffectLM = self.accelerator.unwrap_model(self.model, keep_torch_compile=False)
        return model
