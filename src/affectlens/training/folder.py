"""`RunFolder`: a training run on the disk.

recipe.json            all settings of the run
journal.jsonl          what happened, step by step; tensorboard/ has the same numbers
skipped.jsonl          samples that could not be learned, each with its reason
features/              what encoders made of the clips, unless they lie elsewhere
stages/<name>/         checkpoints/, best/ and, once the stage is done, model/
model/                 the last stage's
report.html            curves and tables for people
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from affectlens.foundation import config, locks, room
from affectlens.foundation.errors import ConfigError, InputError, LimitError
from affectlens.foundation.records import Ledger, write_atomically
from affectlens.training.recipe import Recipe

SKIPPED = "affectlens.skipped/1"
_SCHEMA = "affectlens.run/1"
_SHOWN = 5
# Settings that change no number: a run may go on with others.
_FREE = (
    "keep.last", "keep.log_every", "keep.tensorboard", "engine.workers", "engine.threads",
    "encoding.workers", "keep.precision", "keep.calibrate", "licence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run lies."""

    path: Path

    @property
    def recipe(self) -> Path:
        """Its settings."""
        return self.path / "recipe.json"

    @property
    def journal(self) -> Path:
        """What happened."""
        return self.path / "journal.jsonl"

    @property
    def skipped(self) -> Ledger:
        """Samples that could not be learned."""
        return Ledger(self.path / "skipped.jsonl", SKIPPED)

    @property
    def features(self) -> Path:
        """What encoders made of the clips."""
        return self.path / "features"

    @property
    def hashes(self) -> Path:
        """Checksums of clips, so that they are read once."""
        return self.path / "hashes.jsonl"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def model(self) -> Path:
        """The last stage's model."""
        return self.path / "model"

    def stage(self, name: str) -> Path:
        """The folder of a stage."""
        return self.path / "stages" / name

    def stage_model(self, name: str) -> Path:
        """The model of a stage that is done."""
        return self.stage(name) / "model"

    @contextmanager
    def held(self, recipe: Recipe) -> Iterator[None]:
        """No other run writes into it meanwhile.

        Raises:
            ConfigError: another run holds it, it is that of another recipe, or other files lie
                there.
            LimitError: the disk is full.
        """
        self._refuse_strangers()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".lock").open("a+b") as lock:
                self._take(lock)
                self.claim(recipe)
                yield
        except Exception as error:
            if not room.is_full(error):
                raise
            raise LimitError(
                f"The disk of {self.path} is full. What was done is kept: make room and start the "
                "same command again."
            ) from error

    def _take(self, lock: BinaryIO) -> None:
        if not locks.try_to_take(lock):
            raise ConfigError(
                f"Another run is going on in {self.path}. Choose another folder, or wait."
            )

    def claim(self, recipe: Recipe) -> None:
        """Write the recipe down, or compare it with that by which something was learned here."""
        if self.recipe.is_file() and self._has_learned():
            self._refuse_other(recipe)
        else:
            self._forget()
        text = json.dumps({"schema": _SCHEMA, "recipe": config.as_dict(recipe)}, indent=1)
        write_atomically(self.recipe, text + "\n")

    def settings(self) -> dict[str, Any]:
        """The recipe as plain values.

        Raises:
            InputError: there is no run, or its recipe is damaged.
        """
        if not self.recipe.is_file():
            raise InputError(
                f"{self.path} is no training run: it has no {self.recipe.name}. Make one with "
                "`affectlens train RECIPE.toml -o FOLDER`."
            )
        try:
            found: dict[str, Any] = json.loads(self.recipe.read_text("utf-8"))["recipe"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self.recipe} is damaged ({error!r}).") from None
        return found

    def _has_learned(self) -> bool:
        found = (self.path.glob(f"stages/*/{what}") for what in ("checkpoints/*", "model"))
        return any(any(one) for one in found)

    def _forget(self) -> None:
        """Remove what tells of a run that came to nothing: a mended recipe begins here anew."""
        for folder in ("stages", "tensorboard"):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        for file in (self.journal, self.skipped.path, self.report):
            file.unlink(missing_ok=True)

    def _refuse_other(self, recipe: Recipe) -> None:
        theirs, ours = _flat(self.settings()), _flat(config.as_dict(recipe))
        differ = [
            f"{name} was {theirs.get(name)!r}, is {ours.get(name)!r}"
            for name in sorted(theirs.keys() | ours.keys())
            if theirs.get(name) != ours.get(name) and name not in _FREE
        ]
        if differ:
            more = f", and {len(differ) - _SHOWN} more" if len(differ) > _SHOWN else ""
            raise ConfigError(
                f"{self.path} is a run of other settings: {'; '.join(differ[:_SHOWN])}{more}. "
                "Choose a new folder, or give the settings that it was begun with."
            )

    def _refuse_strangers(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"{self.path} is a file; a run wants a folder.")
        strange = self.path.is_dir() and any(
            one for one in self.path.iterdir() if not one.name.startswith(".")
        )
        if strange and not self.recipe.is_file():
            raise ConfigError(f"{self.path} holds files that are no training run. Choose another.")


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Settings by their names with dots."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{above}{name}.")
        else:
            found[above + name] = value
    return found
