"""Copies of a clip as they come about: encoded again, smaller, softer, cut at the start."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

_RATE_HZ = 16_000


def encoded_again(source: Path, target: Path, *, skip_s: float = 0.1, gain: float = 0.7) -> Path:
    """Write an MP4 of 160×120 with H.264 of bad quality and AAC at 32 kb/s."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        video = new.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        video.options = {"crf": "33", "preset": "ultrafast"}
        sound = new.add_stream("aac", rate=_RATE_HZ, layout="mono")
        sound.bit_rate = 32_000
        for stream, frames in (
            (video, [frame for frame in old.decode(video=0) if frame.time >= skip_s]),
            (sound, _blocks(source, skip_s, gain)),
        ):
            for place, frame in enumerate(frames):
                small = frame if stream is sound else frame.reformat(160, 120, "yuv420p")
                if stream is video:
                    small.pts, small.time_base = place, Fraction(1, 30)
                new.mux(stream.encode(small))
            new.mux(stream.encode(None))
    return target


def _blocks(source: Path, skip_s: float, gain: float) -> Iterator[Any]:
    """Its sound from a moment on."""
    resampler = av.AudioResampler("fltp", "mono", _RATE_HZ)
    with av.open(str(source)) as file:
        pieces = [one for frame in file.decode(audio=0) for one in resampler.resample(frame)]
    samples = gain * np.concatenate([piece.to_ndarray() for piece in pieces], axis=1)
    samples = samples[:, round(skip_s * _RATE_HZ) :].astype(np.float32)
    for start in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, start : start + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE_HZ, start, Fraction(1, _RATE_HZ)
        yield frame
