"""The way back: a folder of ours as one file in the layout that the released code reads."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import sync_folder
from affectlens.model.convert import format as formats
from affectlens.model.convert.format import Format, Shape


@dataclass(frozen=True, slots=True)
class Written:
    """A file in a released layout."""

    path: Path
    form: str
    tensors: int
    sha256: str


def to_original(
    folder: Path, out: Path, *, form: str | None = None, force: bool = False
) -> Written:
    """Write the tensors of a folder as a .pth with the names of the released code.

    The head that no code calls and buffers are left out: the released code loads without them.

    Raises:
        InputError: there are no such tensors in the folder, or they are of no format.
        ConfigError: `out` is taken.
    """
    import torch
    from safetensors.torch import load_file

    if out.exists() and not (force and out.is_file()):
        raise ConfigError(f"{out} is there already. Choose another place, or replace it: --force.")
    path = _tensors_of(folder)
    tensors = load_file(path)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    form = form or _fitting(folder, shapes)
    names = _renaming(form, folder, shapes)
    renamed = {names[ours]: tensor for ours, tensor in tensors.items()}
    inside = formats.load(form).INSIDE
    _save(out, lambda part: torch.save({inside: renamed} if inside else renamed, part))
    return Written(out, form, len(renamed), sha256_of(out))


def _tensors_of(folder: Path) -> Path:
    found = sorted(folder.glob("*.safetensors"))
    if len(found) != 1:
        raise InputError(
            f"{folder} has {len(found)} safetensors files; a folder of trained tensors has one. "
            "Give a folder that `affectlens models convert` or a training wrote."
        )
    return found[0]


def _fitting(folder: Path, shapes: Mapping[str, Shape]) -> str:
    """The format that has all these tensors and no other."""
    complete = [
        name
        for name in plugins.names(formats.GROUP)
        if not _faults(formats.load(name), folder, shapes)
    ]
    if len(complete) != 1:
        fits = " and ".join(complete) or "no format"
        raise InputError(f"The tensors in {folder} fit {fits}. Name the one you want with --from.")
    return complete[0]


def _renaming(form: str, folder: Path, shapes: Mapping[str, Shape]) -> dict[str, str]:
    module = formats.load(form)
    faults = _faults(module, folder, shapes)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise InputError(f"The tensors in {folder} are not those of {form}:\n{listed}")
    return {ours: theirs for ours in shapes if (theirs := module.released(ours)) is not None}


def _faults(form: Format, folder: Path, shapes: Mapping[str, Shape]) -> list[str]:
    """Why these are not exactly the tensors that files of a format have."""
    try:
        target = form.target(folder)
    except InputError as error:
        return [str(error)]
    wanted = {ours for ours in target.shapes if form.released(ours) is not None}
    missing = sorted(wanted - shapes.keys() - target.optional)
    extra = sorted(shapes.keys() - wanted)
    other = sorted(o for o in wanted & shapes.keys() if shapes[o] != target.shapes[o])
    return [
        *(f"{name} is missing" for name in missing),
        *(f"{name} has no name there" for name in extra),
        *(f"{o} is {list(shapes[o])}, wanted {list(target.shapes[o])}" for o in other),
    ]


def _save(out: Path, write: Callable[[Path], None]) -> None:
    """The file appears whole."""
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        write(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(out.parent)
