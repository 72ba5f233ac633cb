"""`Faces`: all pictures that a school learns from, aligned once and kept as one small file."""

# N faces, H height, W width, C colour, E emotions

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from affectlens.encoders.face_net import grey
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress
from affectlens.foundation.records import write_atomically
from affectlens.perception.aligned import aligned
from affectlens.perception.face_crop import WHOLE_4

_KEY = "made_of"
_OFTEN = 64  # pictures between two words on how far it is

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One picture, and what people saw in it."""

    name: str
    path: Path
    shares_E: NDArray[np.float32]
    held: bool  # back, to choose the best epoch by
    clear: bool = True  # whether people agree


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Faces:
    """Grey squares and the shares of people's votes."""

    faces_NHW: Tensor  # uint8
    shares_NE: Tensor
    held_N: Tensor  # bool
    clear_N: Tensor  # bool

    def part(self, wanted_N: Tensor) -> "Faces":
        """Some of them."""
        return Faces(
            faces_NHW=self.faces_NHW[wanted_N],
            shares_NE=self.shares_NE[wanted_N],
            held_N=self.held_N[wanted_N],
            clear_N=self.clear_N[wanted_N],
        )


def key(told: Sequence[Told]) -> str:
    """What tells the pictures and votes of a school from others."""
    lines = (f"{one.name} {one.path.stat().st_size} {one.shares_E} {one.held}" for one in told)
    return sha256_of_text("\n".join(lines))


def gathered(told: Sequence[Told], file: Path, *, broken: float, progress: Progress) -> Faces:
    """All pictures, read from `file` where an earlier run made it of the same ones.

    Raises:
        InputError: a greater share than `broken` cannot be read.
    """
    wanted = key(told)
    found = _kept(file, wanted)
    if found is None:
        found = _made(told, broken, progress)
        write_atomically(file, save(found, metadata={_KEY: wanted}))
    sound = found["places"]
    return Faces(
        faces_NHW=found["faces"],
        shares_NE=torch.from_numpy(np.stack([told[i].shares_E for i in sound.tolist()])),
        held_N=torch.tensor([told[i].held for i in sound.tolist()]),
        clear_N=torch.tensor([told[i].clear for i in sound.tolist()]),
    )


def face_of(path: Path) -> NDArray[np.uint8]:
    """A picture of a face as the net sees it, turned and cut as faces of videos are.

    Raises:
        InputError: it is no picture.
        UnavailableError: what aligns faces is not to be had.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            rgb_HWC = np.asarray(picture.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} is no picture that can be read: {error}") from error
    found = aligned(rgb_HWC, WHOLE_4)
    if isinstance(found, Missing):  # what aligns faces is not here
        raise UnavailableError(f"Faces cannot be aligned: {found.reason}.")
    return np.asarray(grey(found[None])[0], np.uint8)


def _made(told: Sequence[Told], broken: float, progress: Progress) -> dict[str, Tensor]:
    faces: list[NDArray[np.uint8]] = []
    places: list[int] = []
    wrong: list[str] = []
    for number, one in enumerate(told):
        try:
            faces.append(face_of(one.path))
            places.append(number)
        except InputError as error:
            wrong.append(str(error))
            log.warning("left out of school: %s", error)
        if number % _OFTEN == 0:
            progress("faces of the school", number / len(told))
    if len(wrong) > broken * len(told):
        raise InputError(
            f"{len(wrong):,} of {len(told):,} pictures of a school cannot be read, and at most "
            f"broken = {broken:g} of them may be so: {wrong[0]}"
        )
    return {"faces": torch.from_numpy(np.stack(faces)), "places": torch.tensor(places)}


def _kept(file: Path, wanted: str) -> dict[str, Tensor] | None:
    """What an earlier run kept, if it is of the same pictures and whole."""
    if not file.is_file():
        return None
    try:
        with safe_open(file, "pt") as one:
            says: Mapping[str, Any] = one.metadata() or {}
            if says.get(_KEY) != wanted:
                return None
            return {name: one.get_tensor(name) for name in ("faces", "places")}
    except (SafetensorError, OSError) as error:
        log.warning("%s is damaged and made anew: %s", file, error)
        return None
