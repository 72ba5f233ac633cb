"""HuBERT: self-supervised states of speech (Hsu et al. 2021), 50 a second."""

from dataclasses import dataclass

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.speech_config import SpeechConfig, outputs, tiny
from affectlens.foundation.device import Place

__all__ = ["SHOWN", "Config", "build", "outputs", "tiny"]

SHOWN = ("sound",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(SpeechConfig):
    """Emotion-LLaMA and AffectGPT both take the Chinese large net, 1024 wide."""

    weights: str = "TencentGameMate/chinese-hubert-large"


def build(config: Config, place: Place) -> Encoder:
    """The net, loaded strictly."""
    from transformers import HubertModel

    from affectlens.encoders import speech_states

    return speech_states.build(HubertModel, config, place)
