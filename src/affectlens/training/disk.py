"""Whether a disk has room for a stage's checkpoints, asked before the first step."""

import shutil
from pathlib import Path

from affectlens.foundation.errors import LimitError
from affectlens.model.network import AffectLM, trained_tensors
from affectlens.training import gathered

_MOMENTS = 2  # numbers that AdamW keeps for each one that learns


def room_wanted(model: AffectLM, last: int) -> int:
    """Bytes of `last` checkpoints, the next one's draft and the best model."""
    named = trained_tensors(model).values()
    whole = gathered.language_learns(model)
    weights: int = sum(one.nbytes for one in (model.state_dict().values() if whole else named))
    learning: int = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    return (last + 1) * (weights + _MOMENTS * learning) + (weights if last else 0)


def check_room(folder: Path, wanted: int) -> None:
    """Compare with what is free; checkpoints that are there count as room.

    Raises:
        LimitError: it is not enough.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    there = {one.stat().st_ino: one.stat().st_size for one in folder.rglob("*") if one.is_file()}
    if wanted > free + sum(there.values()):
        raise LimitError(
            f"Checkpoints in {folder} want about {told(wanted)} and {told(free)} are free. Make "
            "room, choose a folder on another disk, or keep fewer (keep.last)."
        )


def told(size: int) -> str:
    """Bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
