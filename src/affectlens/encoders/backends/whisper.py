"""Whisper's encoder: states of speech that was recognised in many languages, 50 a second."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from affectlens.encoders.encoder import Encoder
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

SHOWN = ("sound",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`weights` may also be "carried:whisper-base" (width 512): the model that affectlens pulls.

    `layers` are states as `transformers` counts them: -1 the last after its final norm, 0 what
    enters the first layer; several are averaged. `pad` "30s" fills every piece with silence up to
    30 s, as Whisper was trained; "none" takes only as much as there is, so that a short sound takes
    a short time, at states that differ somewhat. Only the states that the sound covers are given
    unless `keep_padding`: then 1500 for each 30 s (Emotion-LLaMA-v2, specs/emotion-llama.md §10.1).
    Layers above the highest of `layers` are not computed.
    """

    weights: str = "openai/whisper-large-v3"
    width: int = 1280
    layers: tuple[int, ...] = (-1,)
    pad: Literal["30s", "none"] = "30s"
    keep_padding: bool = False

    def __post_init__(self) -> None:
        if not self.layers:
            raise ConfigError("A speech encoder gives at least one layer; got none.")
        if self.pad not in ("30s", "none"):
            raise ConfigError(f"pad is 30s or none; got {self.pad!r}.")
        if self.keep_padding and self.pad == "none":
            raise ConfigError("There is no padding to keep: set pad to 30s, or keep_padding off.")
        if self.weights == "tiny" and (self.width < 8 or self.width % 8):
            raise ConfigError(f"Tiny weights are a multiple of 8 wide; got {self.width}.")


def outputs(config: Config) -> Mapping[str, int]:
    """`states`: mean of the chosen layers each 20 ms; `tenths`: side by side, each 0.1 s."""
    return {"states": config.width, "tenths": len(config.layers) * config.width}


def tiny(config: Config) -> Config:
    """The same encoder, small and random."""
    return replace(config, weights="tiny", width=32)


def build(config: Config, place: Place) -> Encoder:
    """The net, loaded strictly."""
    from affectlens.encoders import whisper_states

    net, fingerprint = whisper_states.load(config.weights, config.width, config.layers, place)
    return whisper_states.WhisperStates(
        net,
        layers=config.layers,
        full=config.pad == "30s",
        keep_padding=config.keep_padding,
        fingerprint=fingerprint,
    )
