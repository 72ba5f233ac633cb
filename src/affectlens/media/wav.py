"""Sound as a WAV file's bytes: 16-bit PCM, mono, 16 kHz, which every tool reads."""

# S samples

import io
import wave
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from affectlens.media.clip import SOUND_RATE_HZ

_FULL_SCALE = 2**15 - 1


def wav(blocks_S: Iterable[NDArray[np.float32]]) -> bytes:
    """One file of all blocks; what is louder than full scale is cut."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE_HZ)
        for block_S in blocks_S:
            file.writeframesraw(_pcm(block_S))
    return held.getvalue()


def _pcm(samples_S: NDArray[np.float32]) -> bytes:
    return np.rint(np.clip(samples_S, -1, 1) * _FULL_SCALE).astype("<i2").tobytes()
