"""VideoMAE ViT-L on 16 aligned faces: Emotion-LLaMA spec §1.2, the temporal stream.

Fewer than 16 faces are spread over the 16 places in their order, each repeated as often as the
others or once more.
"""

# T faces, U tubelets (two faces each), K patches of all tubelets, C colours, H height, W width,
# D width of the net

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectlens.encoders import pixels, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import Preparation
from affectlens.encoders.running import run
from affectlens.encoders.view import Pictures, Shown
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = ("pictures",)
_FAMILIES = ("videomae",)
# Of pre-training, and the heads of nets that were fine-tuned from it.
_SPARE = r"decoder\.|encoder_to_decoder\.|mask_token$|position_embeddings$|fc_norm\.|classifier\."


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which weights."""

    weights: str = "MCG-NJU/videomae-large"
    width: int = 1024


def outputs(config: Config) -> Mapping[str, int]:
    """`states`: every patch of every tubelet (1568 rows at 224 pixels); `pooled`: their mean."""
    return {"states": config.width, "pooled": config.width}


def tiny(config: Config) -> Config:
    """Two layers, 16 patches in each of 8 tubelets."""
    return replace(config, weights="tiny", width=32)


@dataclass(frozen=True, slots=True)
class VideoMae:
    """The net and what it is shown."""

    net: Any
    how: Preparation
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Features of the faces as one moving picture; a tubelet's time is the mean of its faces'.

        Raises:
            ConfigError: more faces than the net takes; the view asks for too many.
        """
        assert isinstance(shown, Pictures)
        places = self.net.config.num_frames
        given = len(shown.times_T)
        if given > places:
            raise ConfigError(f"VideoMAE takes {places} pictures; its view shows {given}.")
        chosen_T = np.arange(places) * given // places
        pixels_TCHW = pixels.prepared(shown.rgb_THWC, self.how)[chosen_T]
        (states_1KD,) = run(self._states, [pixels_TCHW[None]])
        states_KD: NDArray[np.float32] = states_1KD[0]
        times_U = shown.times_T[chosen_T].reshape(-1, self.net.config.tubelet_size).mean(axis=1)
        times_K = np.repeat(times_U, len(states_KD) // len(times_U))
        return {
            "states": Features(states_KD, times_K),
            "pooled": Features(states_KD.mean(axis=0, keepdims=True), times_U.mean(keepdims=True)),
        }

    def _states(self, pixels_1TCHW: "Tensor") -> "tuple[Tensor]":
        """The patches (1KD), tubelet after tubelet."""
        return (self.net(pixels_1TCHW.to(self.net.device, self.net.dtype)).last_hidden_state,)


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not VideoMAE's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    from transformers import VideoMAEModel

    from affectlens.encoders import loading, pretrained

    if config.weights == "tiny":
        net: Any = VideoMAEModel(_small(config))
        mark = loading.draw(net, place)
    else:
        folder = weights.locate(config.weights, what="The encoder videomae")
        found = pretrained.configuration(
            VideoMAEModel, folder, families=_FAMILIES, width=config.width
        )
        net = pretrained.load(VideoMAEModel, folder, config=found, place=place, spare=_SPARE)
        mark = weights.fingerprint(folder)
    how = Preparation(side=net.config.image_size, mean_std="imagenet", filter="bilinear")
    return VideoMae(net, how, mark)


def _small(config: Config) -> Any:
    from transformers import VideoMAEConfig

    sizes = VideoMAEConfig(
        hidden_size=config.width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
    sizes.use_mean_pooling = False  # as the pre-trained nets, which end in a norm
    return sizes
