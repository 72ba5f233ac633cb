"""A clip written anew as a small file that every browser plays; its frames may be altered."""

# H height, W width, C colours

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Frame, Sound

Alter = Callable[[Frame], NDArray[np.uint8]]
_TICKS_HZ = 90_000
_BLOCK_S = 1.0
_JPEG_QUALITY = 4  # FFmpeg's scale, 2 best – 31 worst


def excerpt_suffix(clip: Clip) -> str:
    """The suffix that fits what `write_excerpt` makes of a clip: .mp4, .m4a or .jpg.

    Raises:
        InputError: the clip has neither pictures nor sound.
    """
    if not isinstance(clip.video, Missing):
        return ".jpg" if clip.video.still else ".mp4"
    if not isinstance(clip.sound, Missing):
        return ".m4a"
    raise InputError(f"{clip.name} has neither pictures nor sound to show.")


def write_excerpt(
    clip: Clip,
    target: Path,
    *,
    max_side: int = 640,
    alter: Alter | None = None,
    progress: Progress = silent,
) -> None:
    """Write a clip as H.264 and AAC in MP4 (sound alone too), or a still picture as JPEG.

    `alter` gives the pixels that stand for a frame, of the same shape. Times are kept; no metadata
    of the file is. The target appears whole or not at all.

    Raises:
        InputError: the clip has neither pictures nor sound, or they cannot be decoded.
        LimitError: a cap was reached while decoding.
    """
    suffix = excerpt_suffix(clip)
    with _whole_or_not_at_all(target) as unfinished:
        if suffix == ".jpg":
            assert not isinstance(clip.video, Missing)
            unfinished.write_bytes(
                _jpeg(_altered(clip.video.at([0.0], max_side=max_side)[0], alter))
            )
        else:
            _write_mp4(clip, unfinished, _frames(clip, max_side, alter, progress))
    progress("excerpt", 1.0)


@contextlib.contextmanager
def _whole_or_not_at_all(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place at the end."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _altered(frame: Frame, alter: Alter | None) -> NDArray[np.uint8]:
    return frame.rgb_HWC if alter is None else np.ascontiguousarray(alter(frame))


def _frames(
    clip: Clip, max_side: int, alter: Alter | None, progress: Progress
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time and pixels of each frame; none for sound alone."""
    if isinstance(clip.video, Missing):
        return
    for frame in clip.video.frames(max_side=max_side):
        progress("excerpt", min(1.0, frame.time_s / max(clip.duration_s, 1e-9)))
        yield frame.time_s, _altered(frame, alter)


def _write_mp4(clip: Clip, target: Path, frames: Iterator[tuple[float, NDArray[np.uint8]]]) -> None:
    """Encode frames and sound, in step so that the muxer need not hold one back for the other."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}  # bitexact: no name of the encoder
    first = next(frames, None)
    with av.open(str(target), "w", format="mp4", options=options) as container:
        # Both tracks must be known before anything is written.
        eye = None if first is None else _Eye(container, _rate(clip), first[1])
        ear = None if isinstance(clip.sound, Missing) else _Ear(container, clip.sound)
        for time_s, rgb_HWC in chain([] if first is None else [first], frames):
            assert eye is not None
            if ear is not None:
                ear.write_until(time_s)
            eye.write(time_s, rgb_HWC)
        if ear is not None:
            ear.write_until(float("inf"))
            ear.finish()
        if eye is not None:
            eye.finish()


def _rate(clip: Clip) -> Fraction:
    """Frames per second for the encoder's planning; the real times come with the frames."""
    rate_hz = 0.0 if isinstance(clip.video, Missing) else min(clip.video.rate_hz, 120.0)
    return Fraction(rate_hz or 25.0).limit_denominator(1001) or Fraction(1)


class _Eye:
    """Encodes frames; their size is that of the first, made even."""

    def __init__(self, container: Any, rate: Fraction, first_HWC: NDArray[np.uint8]) -> None:
        self._container = container
        options = {"preset": "veryfast", "crf": "26"}
        self._stream = container.add_stream("libx264", rate=rate, options=options)
        self._stream.height, self._stream.width = (n + n % 2 for n in first_HWC.shape[:2])
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS_HZ)
        self._stream.codec_context.thread_count = 2
        self._last_tick = -1

    def write(self, time_s: float, rgb_HWC: NDArray[np.uint8]) -> None:
        frame = av.VideoFrame.from_ndarray(rgb_HWC, format="rgb24")
        frame = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        self._last_tick = max(self._last_tick + 1, round(time_s * _TICKS_HZ))
        frame.pts, frame.time_base = self._last_tick, Fraction(1, _TICKS_HZ)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))


class _Ear:
    """Encodes the sound up to the moment that the frames have reached."""

    def __init__(self, container: Any, sound: Sound) -> None:
        self._container = container
        self._stream = container.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono")
        self._stream.bit_rate = 64_000
        self._blocks = sound.blocks(_BLOCK_S)
        self._reached_s = 0.0

    def write_until(self, time_s: float) -> None:
        while self._reached_s <= time_s:
            start_s, samples_S = next(self._blocks, (0.0, None))
            if samples_S is None:
                self._reached_s = float("inf")
                return
            frame = av.AudioFrame.from_ndarray(samples_S[None], format="fltp", layout="mono")
            frame.sample_rate = SOUND_RATE_HZ
            frame.pts, frame.time_base = round(start_s * SOUND_RATE_HZ), Fraction(1, SOUND_RATE_HZ)
            self._container.mux(self._stream.encode(frame))
            self._reached_s = start_s + _BLOCK_S

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))


def _jpeg(rgb_HWC: NDArray[np.uint8]) -> bytes:
    """A picture as JPEG."""
    frame = av.VideoFrame.from_ndarray(rgb_HWC, format="rgb24").reformat(format="yuvj420p")
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    context.qscale, context.global_quality = True, _JPEG_QUALITY * 118  # 118: FF_QP2LAMBDA
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
