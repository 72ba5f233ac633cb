"""wav2vec 2.0: self-supervised states of speech (Baevski et al. 2020), 50 a second."""

from dataclasses import dataclass

from affectlens.encoders.encoder import Encoder
from affectlens.encoders.speech_config import SpeechConfig, outputs, tiny
from affectlens.foundation.device import Place

__all__ = ["SHOWN", "Config", "build", "outputs", "tiny"]

SHOWN = ("sound",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(SpeechConfig):
    """The Chinese large net that MERBench takes, 1024 wide."""

    weights: str = "TencentGameMate/chinese-wav2vec2-large"


def build(config: Config, place: Place) -> Encoder:
    """The net, loaded strictly."""
    from transformers import Wav2Vec2Model

    from affectlens.encoders import speech_states

    return speech_states.build(Wav2Vec2Model, config, place)
