"""Small true sounds in memory for the tests of hearing."""

# S samples

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Cue, Sound
from affectlens.perception.percepts import Floats

SHARED = Path(__file__).parents[3] / "shared"


class Memory:
    """A sound held in memory; remembers how much was asked for at once."""

    def __init__(self, samples_S: Floats) -> None:
        self.samples_S = np.asarray(samples_S, np.float32)
        self.most_s = 0.0

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return len(self.samples_S) / SOUND_RATE_HZ

    def read(self, span: Span | None = None) -> Floats:
        """Samples of a span."""
        if span is None:
            span = Span(0.0, self.duration_s)
        self.most_s = max(self.most_s, span.duration_s)
        first, last = (max(0, round(t * SOUND_RATE_HZ)) for t in (span.start_s, span.end_s))
        return self.samples_S[first:last]

    def blocks(self, length_s: float) -> Iterator[tuple[float, Floats]]:
        """One block after the other."""
        step = round(length_s * SOUND_RATE_HZ)
        self.most_s = max(self.most_s, min(length_s, self.duration_s))
        for first in range(0, len(self.samples_S), step):
            yield first / SOUND_RATE_HZ, self.samples_S[first : first + step]


def clip_of(sound: Sound | Missing, *, subtitles: tuple[Cue, ...] | None = None) -> Clip:
    """A clip that is only sound and subtitles."""
    duration_s = 0.0 if isinstance(sound, Missing) else sound.duration_s
    video = Missing("no pictures")
    cues = Missing("no subtitles") if subtitles is None else subtitles
    return Clip("test.wav", Path("test.wav"), "0" * 64, duration_s, video, sound, cues)


def seconds(duration_s: float) -> Floats:
    """The time of every sample."""
    return (np.arange(round(duration_s * SOUND_RATE_HZ)) / SOUND_RATE_HZ).astype(np.float32)


def buzz(hz: float | Floats, duration_s: float, *, band: tuple[float, float] = (0, 7000)) -> Floats:
    """A voice-like sum of harmonics at about -20 dB; `hz` may change from sample to sample."""
    hz_S = np.broadcast_to(np.asarray(hz, np.float64), seconds(duration_s).shape)
    phase_S = 2 * np.pi * np.cumsum(hz_S) / SOUND_RATE_HZ
    total_S = np.zeros_like(phase_S)
    for k in range(1, int(band[1] / hz_S.max()) + 1):
        if k * hz_S.min() >= band[0]:
            total_S += np.sin(k * phase_S + k) / k
    return np.asarray(0.1 * total_S / total_S.std(), np.float32)


def silence(duration_s: float) -> Floats:
    """Nothing."""
    return np.zeros(round(duration_s * SOUND_RATE_HZ), np.float32)


def hiss(duration_s: float, level: float = 0.1, seed: int = 0) -> Floats:
    """White noise."""
    noise_S = np.random.default_rng(seed).normal(0, level, round(duration_s * SOUND_RATE_HZ))
    return noise_S.astype(np.float32)


def decoded(path: Path) -> Floats:
    """The sound of a file, mono 16 kHz."""
    resampler = av.AudioResampler("fltp", "mono", SOUND_RATE_HZ)
    parts: list[Floats] = []
    with av.open(str(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            parts += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    return np.concatenate(parts)


def spoken(text: str, folder: Path, *, language: str = "en") -> Floats:
    """A sentence by espeak-ng; skips the test where it is not installed."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    path = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", language, "-s", "140", "-w", str(path), text], check=True)
    return decoded(path)


def ravdess(emotion: str, sentence: str, actor: str) -> Path:
    """A sentence of an actor; skips the test where the team's data is not there."""
    path = SHARED / "data" / "ravdess-speech" / f"03-01-{emotion}-01-{sentence}-01-{actor}.ogg"
    if not path.exists():
        pytest.skip("../shared/data/ravdess-speech is not here")
    return path
