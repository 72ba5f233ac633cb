"""Small true films, sounds and pictures for the tests of the media stage, made by PyAV."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

TICKS_HZ = 1000
GREY_STEP = 8  # frame n is this much brighter than frame n - 1


def tone(seconds: float, hz: float, rate: int) -> NDArray[np.float32]:
    """A sine of half full scale."""
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype("f4")


def grey(level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A plain picture, its upper left quarter white so that one sees how it is turned."""
    width, height = size
    rgb_HWC = np.full((height, width, 3), level, np.uint8)
    rgb_HWC[: height // 2, : width // 2] = 255
    return rgb_HWC


class Film:
    """Writes one file; frame n has the grey `GREY_STEP * n` below its white corner."""

    def __init__(self, path: Path, container_options: dict[str, str] | None = None) -> None:
        self.path = path
        self.container = av.open(str(path), "w", options=container_options or {})

    def add_pictures(
        self,
        times_s: Sequence[float],
        size: tuple[int, int] = (64, 48),
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        **options: str,
    ) -> Any:
        """Add a video track; encoded by `write`."""
        stream = self.container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, TICKS_HZ)
        self._pictures = (stream, list(times_s), size)
        return stream

    def add_sound(
        self,
        seconds: float,
        hz: float = 440.0,
        codec: str = "aac",
        layout: str = "mono",
        start_s: float = 0.0,
        rate: int = 48_000,
    ) -> None:
        """Add a sound track; encoded by `write`."""
        stream = self.container.add_stream(codec, rate=rate, layout=layout)
        self._sound = (stream, tone(seconds, hz, rate), start_s, rate, layout)

    def write(self) -> Path:
        """Encode all and close."""
        if hasattr(self, "_sound"):
            self._write_sound()
        if hasattr(self, "_pictures"):
            stream, times_s, size = self._pictures
            for n, time_s in enumerate(times_s):
                frame = av.VideoFrame.from_ndarray(grey(GREY_STEP * n % 200, size))
                frame = frame.reformat(format=stream.pix_fmt)
                frame.pts, frame.time_base = round(time_s * TICKS_HZ), Fraction(1, TICKS_HZ)
                self.container.mux(stream.encode(frame))
            self.container.mux(stream.encode(None))
        self.container.close()
        return self.path

    def _write_sound(self) -> None:
        stream, samples_S, start_s, rate, layout = self._sound
        channels = av.AudioLayout(layout).nb_channels
        wave_CS = np.repeat(samples_S[None], channels, axis=0)
        frame = av.AudioFrame.from_ndarray(wave_CS, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = round(start_s * rate)
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout=layout, rate=rate, frame_size=1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            self.container.mux(stream.encode(part))
        self.container.mux(stream.encode(None))


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Film]:
    """Starts a film of a name in a fresh folder."""
    return lambda name, **options: Film(tmp_path / name, options or None)


@pytest.fixture
def talkie(film: Callable[..., Film]) -> Path:
    """Two seconds of picture at 10 Hz and a tone of 440 Hz."""
    made = film("talkie.mp4")
    made.add_pictures([n / 10 for n in range(20)])
    made.add_sound(2.0)
    return made.write()
