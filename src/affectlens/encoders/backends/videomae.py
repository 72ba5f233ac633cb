"""VideoMAE ViT-L on 16 aligned faces: Emotion-LLaMA spec §1.2, the temporal stream.

Fewer than 16 faces are spread over the 16 places in their order, each repeated as often as the
others or once more.
"""

# T faces, U tubelets (two faces each), K patches of one tubelet, D width

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from affectlens.encoders import loading, pixels, pretrained, random_weights, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import Preparation
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

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

    def __call__(self, shown: Pictures | Waves) -> Mapping[str, Features]:
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
        states_KD = self._run(shown.rgb_THWC, chosen_T)
        times_U = shown.times_T[chosen_T].reshape(-1, self.net.config.tubelet_size).mean(axis=1)
        times_K = np.repeat(times_U, len(states_KD) // len(times_U))
        return {
            "states": Features(states_KD, times_K),
            "pooled": Features(states_KD.mean(axis=0, keepdims=True), times_U.mean(keepdims=True)),
        }

    @torch.inference_mode()
    def _run(self, rgb_THWC: NDArray[np.uint8], chosen_T: NDArray[np.intp]) -> NDArray[np.float32]:
        """The patches (KD), tubelet after tubelet."""
        pixels_TCHW = pixels.prepared(rgb_THWC, self.how)[chosen_T]
        given_1TCHW = torch.from_numpy(pixels_TCHW)[None].to(self.net.device, self.net.dtype)
        states_KD = self.net(given_1TCHW).last_hidden_state[0]
        return cast(NDArray[np.float32], states_KD.float().cpu().numpy())


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not VideoMAE's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    if config.weights == "tiny":
        net, mark = _random(config, place), weights.random_fingerprint(f"videomae {config}")
    else:
        folder = weights.locate(config.weights, what="VideoMAE")
        net, mark = _loaded(folder, config, place), weights.fingerprint(folder)
    how = Preparation(side=net.config.image_size, mean_std="imagenet", filter="bilinear")
    return VideoMae(net.to(place.torch_device()), how, mark)


def _loaded(folder: Path, config: Config, place: Place) -> Any:
    from transformers import VideoMAEConfig, VideoMAEModel

    found = pretrained.configuration(VideoMAEConfig, folder, families=_FAMILIES)
    pretrained.check_width(folder, found.hidden_size, config.width)
    return pretrained.load(
        VideoMAEModel, folder, config=found, dtype=place.torch_dtype(), spare=_SPARE
    )


def _random(config: Config, place: Place) -> Any:
    from transformers import VideoMAEConfig, VideoMAEModel

    sizes = VideoMAEConfig(
        hidden_size=config.width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
    sizes.use_mean_pooling = False  # as the pre-trained nets, which end in a norm
    net = VideoMAEModel(sizes)
    random_weights.fill(net)
    loading.freeze(net)
    return net.to(place.torch_dtype())
