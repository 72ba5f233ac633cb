"""What a conversion leaves: a folder that is there whole or not at all."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.records import sync_folder, write_atomically

MANIFEST = "manifest.json"
CONVERSION = "conversion"  # what of the manifest says what was converted


def check_place(out: Path, *, force: bool) -> None:
    """Stop when the place is taken; `force` gives up what another conversion wrote, nothing else.

    Raises:
        ConfigError: something is there.
    """
    if not (out.exists() or out.is_symlink()):
        return
    if not force:
        raise ConfigError(f"{out} is there already. Choose another place, or replace it: --force.")
    if not (out.is_dir() and _is_ours(out)):
        raise ConfigError(f"{out} is nothing that a conversion wrote, so --force leaves it alone.")


@contextlib.contextmanager
def draft_of(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that takes its place at the end, unless something goes wrong.

    A process that is killed leaves only a hidden folder whose name ends in .part.
    """
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=out.parent, prefix=f".{out.name}.", suffix=".part", ignore_cleanup_errors=True
    ) as scratch:
        draft = Path(scratch, "made")
        draft.mkdir()
        yield draft
        sync_folder(draft)
        if out.exists():
            out.rename(Path(scratch, "replaced"))
        draft.rename(out)
        sync_folder(out.parent)


def write_tensors(path: Path, tensors: Mapping[str, Any]) -> None:
    """A safetensors file that is on the disk when this returns."""
    from safetensors.torch import save_file

    save_file(dict(tensors), path, metadata={"format": "pt"})
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """JSON that people can read."""
    write_atomically(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """What made a folder.

    Raises:
        InputError: no conversion did.
    """
    path = folder / MANIFEST
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return data


def _is_ours(folder: Path) -> bool:
    try:
        return CONVERSION in read_manifest(folder)
    except InputError:
        return not any(folder.iterdir())
