"""Checkpoints on the disk: which is the newest whole one, which are kept, which was best.

A folder is made under a hidden name beside its place and renamed when it is whole. What a killed
process leaves is `.<name>.part`, or `.<name>.replaced` while one folder takes another's place.
"""

import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import settle, sync_folder, write_atomically
from affectlens.model import manifest

FILE = "checkpoint.json"  # of a whole checkpoint: its step and its files' checksums
STATE = "state"  # folder of what resuming needs beside the weights
BEST = "best.json"
_SCHEMA = "affectlens.checkpoint/1"
_NAME = re.compile(r"checkpoint-(\d+)")
_PART, _REPLACED = ".part", ".replaced"

log = logging.getLogger(__name__)


def place_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return folder / f"checkpoint-{step:06d}"


def step_of(checkpoint: Path) -> int:
    """The steps that were done when a checkpoint was written."""
    found = _NAME.fullmatch(checkpoint.name)
    if found is None:
        raise ValueError(f"{checkpoint} is not named as a checkpoint is.")
    return int(found[1])


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint; each damaged one that is newer is told by a warning."""
    for path in reversed(_all(folder)):
        reason = damage(path)
        if reason is None:
            return path
        log.warning("%s is damaged (%s); the one before is taken.", path, reason)
    return None


def damage(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, if anything."""
    try:
        told = json.loads((checkpoint / FILE).read_text(encoding="utf-8"))
        if told["schema"] != _SCHEMA:
            return f"{FILE} is of schema {told['schema']!r}, wanted {_SCHEMA!r}"
        files = {name: (one["size"], one["sha256"]) for name, one in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{FILE}: {error!r}"
    for name, (size, sha256) in files.items():
        path = checkpoint / name
        if not path.is_file() or path.stat().st_size != size or sha256_of(path) != sha256:
            return f"{name} is missing or not as it was written"
    return None


def sign(draft: Path, *, step: int, recipe: str) -> None:
    """Put a complete checkpoint's files on the disk and write their checksums beside them."""
    settle(draft)
    known = manifest.checksums(draft)  # of the weights, so that they are read once
    files = {
        path.relative_to(draft).as_posix(): {
            "size": path.stat().st_size,
            "sha256": known.get(path.relative_to(draft).as_posix()) or sha256_of(path),
        }
        for path in sorted(_files(draft))
    }
    content = {"schema": _SCHEMA, "step": step, "recipe": recipe, "files": files}
    write_atomically(draft / FILE, json.dumps(content, indent=1) + "\n")


def draft_of(place: Path) -> Path:
    """The hidden folder in which all processes write what is to lie at a place."""
    return place.with_name(f".{place.name}{_PART}")


def put(draft: Path, place: Path) -> None:
    """Give a draft its place at once; what was there before goes only then."""
    aside = place.with_name(f".{place.name}{_REPLACED}")
    if place.exists():
        place.rename(aside)
    draft.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(aside, ignore_errors=True)


def tidy(folder: Path) -> None:
    """Remove the drafts that killed processes left, and undo a replacement that was begun."""
    for aside in folder.glob(f".*{_REPLACED}"):
        place = aside.with_name(aside.name.removeprefix(".").removesuffix(_REPLACED))
        if not place.exists():
            aside.rename(place)
    for left in (*folder.glob(f".*{_PART}"), *folder.glob(f".*{_REPLACED}")):
        shutil.rmtree(left, ignore_errors=True)


def drop_old(folder: Path, *, step: int, last: int) -> None:
    """Keep the last few checkpoints up to a step; later ones, of another course, stay for now."""
    for path in [one for one in _all(folder) if step_of(one) <= step][:-last]:
        gone = draft_of(path)  # half removed, it must not look like a checkpoint
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def keep_best(checkpoint: Path, place: Path, facts: Mapping[str, object]) -> None:
    """Make a checkpoint's model the best one: same files, without what resuming needs."""
    draft = draft_of(place)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for path in checkpoint.iterdir():
        if path.is_file() and path.name not in (FILE, "trainer_state.json"):
            link(path, draft / path.name)
    write_atomically(draft / BEST, json.dumps(facts, indent=1) + "\n")
    settle(draft)
    put(draft, place)


def best(place: Path) -> dict[str, Any] | None:
    """What is told of the best model so far: metric, value, step."""
    try:
        facts: dict[str, Any] = json.loads((place / BEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%r); the best model is chosen anew.", place / BEST, error)
        return None
    return facts


def link(source: Path, target: Path) -> None:
    """Another name for a file; a copy where the disk has no such links."""
    try:
        target.hardlink_to(source)
    except OSError:  # not every disk has such links
        shutil.copyfile(source, target)


def _all(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((one for one in found if _NAME.fullmatch(one.name)), key=step_of)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
