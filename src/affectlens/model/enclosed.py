"""Encoders that lie inside a model's folder, so that it can be moved and shipped whole.

In its files their weights are "./encoders/face". A loaded model has "<folder>/./encoders/face":
what stands behind "/./" is where they lie in any folder that the model is written to.
"""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from affectlens.encoders.encoder import GROUP, Source
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.part import configured
from affectlens.foundation.records import write_atomically
from affectlens.model import manifest
from affectlens.model.declaration import System

INSIDE = "./"
_MARK = "/./"
_WEIGHTS = "weights"  # the setting of encoders
_TELLING = ("config.json", "processor_config.json")  # files that hold the declaration


def opened(system: System, folder: Path) -> System:
    """A system whose enclosed encoders are those of a folder.

    Raises:
        InputError: weights would lie outside of it.
    """

    def below(told: str) -> str:
        return _below(folder, told) if told.startswith(INSIDE) else told

    return changed(system, lambda source: _told(source, below))


def closed(system: System) -> System:
    """A system as the files of a model's folder tell it."""
    return changed(system, lambda source: _told(source, inside))


def inside(weights: str) -> str:
    """Where weights lie in a model's folder; other weights as they are."""
    _, mark, below = weights.rpartition(_MARK)
    return INSIDE + below if mark else weights


def place(folder: Path, below: str) -> str:
    """Weights in a folder that are enclosed in every model that is written with them."""
    return f"{folder.absolute().as_posix()}{_MARK}{below}"


def weights_of(source: Source) -> str:
    """What an encoder's setting says, or its default; empty where it has no weights."""
    told: str = getattr(configured(GROUP, source.encoder)[1], _WEIGHTS, "")
    return told


def folders(system: System) -> list[str]:
    """Where enclosed encoders lie in a model's folder."""
    told = [weights_of(source) for stream in system.streams for source in stream.sources]
    return sorted({one.removeprefix(INSIDE) for one in told if one.startswith(INSIDE)})


def changed(system: System, change: Callable[[Source], Source]) -> System:
    """A system with other sources of its streams."""
    streams = (
        dataclasses.replace(stream, sources=tuple(map(change, stream.sources)))
        for stream in system.streams
    )
    return dataclasses.replace(system, streams=tuple(streams))


def _told(source: Source, change: Callable[[str], str]) -> Source:
    """A source with other weights, where it has any and they change."""
    before = weights_of(source)
    after = change(before)
    if after == before:
        return source
    return dataclasses.replace(source, encoder=source.encoder.with_(weights=after))


def enclose(draft: Path) -> None:
    """Copy the enclosed encoders of a model's folder, whose manifest is written, into it.

    Raises:
        InputError: the weights of an encoder are not where the model had them.
    """
    found: dict[str, Path] = {}
    for path in (draft / name for name in _TELLING):
        if path.is_file():
            content = json.loads(path.read_text(encoding="utf-8"))
            plain = _closed(content, found)
            if plain != content:
                write_atomically(path, json.dumps(plain, indent=2, sort_keys=True) + "\n")
    for below, source in found.items():
        if not source.is_dir():
            raise InputError(f"The encoder {below} of this model is no longer in {source}.")
        shutil.copytree(source, draft / below, dirs_exist_ok=True)
    if found:
        _signed(draft, [draft / below for below in found])


def _below(folder: Path, told: str) -> str:
    """Weights that a model's folder tells of itself."""
    parts = PurePosixPath(told).parts
    if not parts or ".." in parts or "\\" in told:
        raise InputError(
            f"{folder}: the weights {told!r} of an encoder lie outside of the model's folder. Name "
            f"a folder in it, such as {INSIDE}encoders/face."
        )
    return place(folder, "/".join(parts))


def _closed(value: Any, found: dict[str, Path]) -> Any:
    """Plain values with weights as a model's folder tells them; where they were is `found`."""
    if isinstance(value, dict):
        made = {name: _closed(one, found) for name, one in value.items()}
        told = value.get(_WEIGHTS)
        if isinstance(told, str) and inside(told) != told:
            made[_WEIGHTS] = inside(told)
            found[made[_WEIGHTS].removeprefix(INSIDE)] = Path(told)
        return made
    return [_closed(one, found) for one in value] if isinstance(value, list) else value


def _signed(draft: Path, encoders: list[Path]) -> None:
    """The manifest with the checksums of their weights."""
    content = manifest.read(draft)
    for path in (one for folder in encoders for one in sorted(folder.glob("*.safetensors"))):
        name = path.relative_to(draft).as_posix()
        content["files"][name] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
    write_atomically(
        draft / manifest.FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    )
