"""ImageBind-Huge: pictures and sound in one space (Girdhar et al. 2023), as AffectGPT 1 hears."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from affectlens.encoders.encoder import Encoder
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

SHOWN = ("pictures", "sound")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`trunks` names what will be shown, so that the other trunk is not loaded.

    The pictures' trunk has 633 million parameters, the sound's 86 million. Weights are a folder
    with the released tensors as safetensors, or with `imagebind_huge.pth` under the name
    `pytorch_model.bin`, which is then converted once. The hub id is recalled, not tried.
    """

    weights: str = "nielsr/imagebind-huge"
    width: int = 1024
    trunks: tuple[str, ...] = SHOWN

    def __post_init__(self) -> None:
        if not self.trunks or not set(self.trunks) <= set(SHOWN):
            raise ConfigError(f"trunks are some of {', '.join(SHOWN)}; got {self.trunks!r}.")


def outputs(config: Config) -> Mapping[str, int]:
    """Everything in the joint space, one row per picture or 2 s of sound, or one per patch.

    "pooled" is the released output, of length 1 for pictures and 20 for sound; "head" the same
    before it is brought to that length; "states" are the patches through the same head.
    """
    return {"pooled": config.width, "head": config.width, "states": config.width}


def tiny(config: Config) -> Config:
    """The same encoder, small and random."""
    return replace(config, weights="tiny", width=32)


def build(config: Config, place: Place) -> Encoder:
    """The chosen trunks, loaded strictly."""
    from affectlens.encoders import imagebind_states

    return imagebind_states.build(config.weights, config.width, config.trunks, place)
