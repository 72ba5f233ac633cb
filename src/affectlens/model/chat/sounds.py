"""A sound file's samples at the rate that a model wants."""

# S samples, C channels

import io
import wave

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.chat import Sound
from affectlens.foundation.errors import InputError

_PCM_BYTES, _FULL_SCALE = 2, 2**15


def samples(sound: Sound, rate_hz: int) -> NDArray[np.float32]:
    """Mono samples of -1 to 1, shape (S,).

    Raises:
        InputError: it is no WAV file of 16-bit PCM.
    """
    try:
        with wave.open(io.BytesIO(sound.data)) as file:
            width, channels, own_hz = (
                file.getsampwidth(),
                file.getnchannels(),
                file.getframerate(),
            )
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise InputError(f"A sound to show a model is no WAV file of PCM: {error}.") from None
    if width != _PCM_BYTES:
        raise InputError(f"A sound to show a model is 16-bit PCM, found {8 * width}-bit.")
    heard_SC = np.frombuffer(raw, "<i2").reshape(-1, channels).astype(np.float32) / _FULL_SCALE
    mono_S = np.ascontiguousarray(heard_SC.mean(axis=1, dtype=np.float32))
    return mono_S if own_hz == rate_hz else _resampled(mono_S, own_hz, rate_hz)


def _resampled(samples_S: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    import av

    frame = av.AudioFrame.from_ndarray(samples_S[None], format="flt", layout="mono")
    frame.sample_rate = from_hz
    resampler = av.AudioResampler(format="flt", layout="mono", rate=to_hz)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
