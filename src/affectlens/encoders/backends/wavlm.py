"""WavLM: states of speech trained on noisy and mixed voices (Chen et al. 2022), 50 a second."""

from dataclasses import dataclass

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.speech_config import SpeechConfig, outputs, tiny
from affectlens.foundation.device import Place

__all__ = ["SHOWN", "Config", "build", "outputs", "tiny"]

SHOWN = ("sound",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(SpeechConfig):
    """The large net, 1024 wide, as AffectGPT's WAVLM_LARGE."""

    weights: str = "microsoft/wavlm-large"


def build(config: Config, place: Place) -> Encoder:
    """The net, loaded strictly."""
    from transformers import WavLMModel

    from affectlens.encoders import speech_states

    return speech_states.build(WavLMModel, config, place)
