"""The model of a stage that is done, and of a run: the best checkpoint, else the last one."""

import shutil
from collections.abc import Callable
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.foundation.records import settle
from affectlens.model import enclosed
from affectlens.training import newest
from affectlens.training.folder import RunFolder

_ENCODERS = "encoders"  # of a model that encloses them
_NOT_THE_MODEL = (newest.FILE, newest.BEST, "trainer_state.json")


Finish = Callable[[Path], None]  # adds to a model's folder before it takes its place


def publish(folder: RunFolder, stage: str | None = None, finish: Finish | None = None) -> Path:
    """Put a stage's model into its place; without a stage, the last stage's into the run's.

    Raises:
        InputError: there is no checkpoint that is whole.
    """
    if stage is None:
        last = list(folder.settings()["stages"])[-1]
        return _linked(folder.stage_model(last), folder.model, finish)
    own = folder.stage(stage)
    found = own / "best" if (own / "best").is_dir() else newest.newest(own / "checkpoints")
    if found is None:
        raise InputError(f"{own} has no whole checkpoint. Start the same command again.")
    return _linked(found, folder.stage_model(stage))


def _linked(model: Path, place: Path, finish: Finish | None = None) -> Path:
    """The same files under another name, whole or not at all; with the encoders schooled for it."""
    draft = newest.draft_of(place)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for path in (*model.iterdir(), *model.glob(f"{_ENCODERS}/*/*")):
        if path.is_file() and path.name not in _NOT_THE_MODEL:
            target = draft / path.relative_to(model)
            target.parent.mkdir(parents=True, exist_ok=True)
            newest.link(path, target)
    enclosed.enclose(draft)
    if finish is not None:
        finish(draft)
    settle(draft)
    newest.put(draft, place)
    return place
