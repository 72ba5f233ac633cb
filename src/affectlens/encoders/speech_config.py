"""What can be set on the speech encoders HuBERT, wav2vec 2.0 and WavLM."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechConfig:
    """Settings that the three share; each names its own published weights.

    `layers` are states as `transformers` 4 counted them, -1 the last after its final norm, 0 what
    enters the first layer; several are averaged. `pool` "mean" gives one row per segment.
    `normalise` says over what the input is brought to mean 0 and variance 1 where the checkpoint
    wants that: each "segment", or all segments of the "clip" at once (the AffectGPT code,
    specs/affectgpt-emer.md §3.2). Sound longer than `longest_s` is done in even pieces.
    """

    weights: str
    width: int = 1024
    layers: tuple[int, ...] = (-1,)
    pool: Literal["none", "mean"] = "none"
    normalise: Literal["segment", "clip"] = "segment"
    longest_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.layers:
            raise ConfigError("A speech encoder gives at least one layer; got none.")
        if self.pool not in ("none", "mean"):
            raise ConfigError(f"pool is none or mean; got {self.pool!r}.")
        if self.normalise not in ("segment", "clip"):
            raise ConfigError(f"normalise is segment or clip; got {self.normalise!r}.")
        if self.longest_s < 1:
            raise ConfigError(f"longest_s is at least 1 second; got {self.longest_s}.")
        if self.weights == "tiny" and (self.width < 8 or self.width % 8):
            raise ConfigError(f"Tiny weights are a multiple of 8 wide; got {self.width}.")


Some = TypeVar("Some", bound=SpeechConfig)


def outputs(config: SpeechConfig) -> Mapping[str, int]:
    """States of the chosen layers, one row per 20 ms, or one per segment."""
    return {"states": config.width}


def tiny(config: Some) -> Some:
    """The same encoder, small and random."""
    return replace(config, weights="tiny", width=32)
