"""`SpooledSound`: the sound of a clip, in memory while short, else in an unnamed file on disk."""

# S samples

import tempfile
import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ

_IN_MEMORY_BYTES = 32 * 2**20  # about nine minutes
_BYTES = 4  # of a float32 sample
_ZEROS = bytes(2**20)


class SpooledSound:
    """Mono 16 kHz float32 sound that is read by span; may be read from several threads."""

    def __init__(self) -> None:
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115
        self._lock = threading.Lock()
        self._samples = 0

    def __del__(self) -> None:
        self._spool.close()

    def append(self, samples_S: NDArray[np.float32]) -> None:
        """Put samples at the end."""
        with self._lock:
            self._spool.seek(0, 2)
            self._spool.write(np.ascontiguousarray(samples_S, np.float32).tobytes())
            self._samples += len(samples_S)

    def append_silence(self, samples: int) -> None:
        """Put zeros at the end."""
        with self._lock:
            self._spool.seek(0, 2)
            for start in range(0, samples * _BYTES, len(_ZEROS)):
                self._spool.write(_ZEROS[: samples * _BYTES - start])
            self._samples += samples

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self._samples / SOUND_RATE_HZ

    def read(self, span: Span | None = None) -> NDArray[np.float32]:
        """Samples of a span (None: all), shape (S,); what lies outside the sound is left out."""
        first, end = 0, self._samples
        if span is not None:
            first = min(max(0, round(span.start_s * SOUND_RATE_HZ)), end)
            end = min(max(first, round(span.end_s * SOUND_RATE_HZ)), end)
        return self._between(first, end)

    def blocks(self, length_s: float) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """Start second and samples of one block after the other; the last may be shorter."""
        step = max(1, round(length_s * SOUND_RATE_HZ))
        for first in range(0, self._samples, step):
            yield first / SOUND_RATE_HZ, self._between(first, min(first + step, self._samples))

    def _between(self, first: int, end: int) -> NDArray[np.float32]:
        with self._lock:
            self._spool.seek(first * _BYTES)
            raw = self._spool.read((end - first) * _BYTES)
        return np.frombuffer(bytearray(raw), np.float32)
