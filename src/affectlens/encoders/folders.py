"""Feature folders of Emotion-LLaMA's authors, read in place: `<folder>/<clip's name>.npy`.

Spec emotion-llama §1.3 and §10.1: shapes (D,), (1, D) and (1, T, D), one file per clip and encoder.
"""

# T rows, D width

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip


def read(folder: Path, clip: Clip, *, width: int) -> Features | Missing:
    """The features of a clip; such files have no times, so rows are spread evenly over the clip.

    Raises:
        InputError: the file is no array of finite numbers of that width.
    """
    path = folder / f"{Path(clip.name).stem}.npy"
    if not path.is_file():
        return Missing(f"there is no file {path}")
    return spread(rows(path, width=width), clip.duration_s)


def named(streams: Mapping[str, Sequence[Source]]) -> dict[str, Source]:
    """All sources in their order, by the name of their stream, or "fusion.0" where it has several.

    So their folders are called.
    """
    return {
        stream if len(sources) == 1 else f"{stream}.{number}": source
        for stream, sources in streams.items()
        for number, source in enumerate(sources)
    }


def rows(path: Path, *, width: int) -> NDArray[np.float32]:
    """The rows of one file, (T, D).

    Raises:
        InputError: as of `read`.
    """
    wanted = f"{path}: wanted numbers of shape ({width},), (1, {width}) or (1, T, {width})"
    try:
        with path.open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise InputError(f"{wanted}; it cannot be read: {error}") from error
    if array.dtype.kind != "f":
        raise InputError(f"{wanted}, as floating point; found {array.dtype}.")
    rows = array[0] if array.ndim == 3 and len(array) == 1 else np.atleast_2d(array)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        raise InputError(f"{wanted}; found {array.shape}. Is it another encoder's folder?")
    with np.errstate(over="ignore"):
        values_TD = np.ascontiguousarray(rows, np.float32)
    if not np.isfinite(values_TD).all():
        raise InputError(f"{wanted}; it holds values that are not finite (NaN or infinity).")
    return values_TD


def spread(values_TD: NDArray[np.float32], duration_s: float) -> Features:
    """Rows with times, evenly over so many seconds."""
    times_T = np.arange(len(values_TD), dtype=np.float64) * duration_s / len(values_TD)
    return Features(values_TD, np.asarray(times_T, np.float64))
