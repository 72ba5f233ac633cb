"""The files behind a clip, as a browser can show them."""

import io
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from PIL import Image

from affectlens.analyzer.batch import SUFFIXES
from affectlens.annotation.annotation import Annotation
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.media.excerpt import excerpt_suffix, write_excerpt
from affectlens.media.opening import open_clip

Kind = Literal["video", "sound", "picture"]

# What every browser plays or shows as it is; the rest is written anew as an excerpt.
MIME = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm",
    ".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac",
    ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
    ".gif": "image/gif",
}  # fmt: skip
PEAK_SIDE = 1280  # pixels of the longer side
WAVE_BARS = 300
_MOST_EXCERPTS = 16  # kept on the disk while the server runs
_MOST_PEAKS = 64  # kept in memory
_BLOCK_S = 1.0


def kind_of(annotation: Annotation) -> Kind | None:
    """What a clip is shown as; None of text alone."""
    media = annotation.media
    if media.video is not None:
        return "video"
    if media.picture is not None:
        return "picture"
    return None if media.sound is None else "sound"


class Material:
    """Finds the files of clips; makes pictures and excerpts on demand, kept for a while."""

    def __init__(self, root: Path, scratch: Path) -> None:
        """`scratch` is a folder of its own for excerpts."""
        self._root = root.resolve()
        self._scratch = scratch
        self._one_at_a_time = threading.Lock()  # a decoder is a process with its own threads
        self._excerpts: OrderedDict[Path, Path] = OrderedDict()
        self._peaks: OrderedDict[tuple[Path, float], bytes] = OrderedDict()
        self._numbers = itertools.count()
        self._same: dict[tuple[Path, int], str] = {}

    def file(self, annotation: Annotation) -> Path | Missing:
        """The file of a clip: below the data set's folder, or the very file that was annotated.

        A data set may refer to files where they lay. Such a file is only opened to compare its
        checksum with the recorded one, so that a data set cannot show what its maker never saw.
        """
        kind = kind_of(annotation)
        if kind is None:
            return Missing("it is words alone")
        named = getattr(annotation.media, kind)
        path: Path = (self._root / str(named)).resolve()
        if path.suffix.lower() not in SUFFIXES:
            return Missing(f"{named} is not called like a media file")
        if not path.is_file():
            return Missing(f"{named} is not there")
        if not path.is_relative_to(self._root) and self._checksum(path) != annotation.source.sha256:
            return Missing(f"{named} is not the file that was annotated")
        return path

    def excerpt(self, path: Path) -> Path:
        """A clip written anew so that any browser plays it.

        Raises:
            AffectlensError: it cannot be decoded.
        """
        with self._one_at_a_time:
            made = _kept(self._excerpts, path, lambda: self._make(path))
            while len(self._excerpts) > _MOST_EXCERPTS:
                self._excerpts.popitem(last=False)[1].unlink(missing_ok=True)
            return made

    def peak(self, path: Path, time_s: float) -> bytes:
        """The picture at a moment, as JPEG.

        Raises:
            AffectlensError: it cannot be decoded.
        """
        with self._one_at_a_time:
            made = _kept(self._peaks, (path, time_s), lambda: _picture(open_clip(path), time_s))
            while len(self._peaks) > _MOST_PEAKS:
                self._peaks.popitem(last=False)
            return made

    def wave(self, path: Path) -> list[float]:
        """The loudest sample of each of equally many parts of a sound, 0–1.

        Raises:
            AffectlensError: it cannot be decoded.
        """
        with self._one_at_a_time:
            sound = open_clip(path).sound
        if isinstance(sound, Missing):
            return []
        loud = np.concatenate([np.abs(block) for _, block in sound.blocks(_BLOCK_S)])
        parts = np.array_split(loud, min(WAVE_BARS, len(loud)))
        return [round(float(part.max()), 3) for part in parts]

    def _make(self, path: Path) -> Path:
        clip = open_clip(path)
        target = self._scratch / f"{next(self._numbers)}{excerpt_suffix(clip)}"
        write_excerpt(clip, target)
        return target

    def _checksum(self, path: Path) -> str:
        key = path, path.stat().st_mtime_ns
        if key not in self._same:
            self._same[key] = sha256_of(path)
        return self._same[key]


_K = TypeVar("_K")
_V = TypeVar("_V")


def _kept(store: OrderedDict[_K, _V], key: _K, make: Callable[[], _V]) -> _V:
    """What a store has, else what is made now; either is now the last to be dropped."""
    if key not in store:
        store[key] = make()
    store.move_to_end(key)
    return store[key]


def _picture(clip: Clip, time_s: float) -> bytes:
    if isinstance(clip.video, Missing):
        raise InputError(f"{clip.name} has no pictures: {clip.video}")
    frame = clip.video.at([time_s], max_side=PEAK_SIDE)[0]
    target = io.BytesIO()
    Image.fromarray(frame.rgb_HWC).save(target, "JPEG", quality=90)
    return target.getvalue()
