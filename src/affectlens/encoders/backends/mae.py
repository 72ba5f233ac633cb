"""MAE ViT-L/16 on aligned faces: Emotion-LLaMA spec §1.2, the local stream.

The reference takes the encoder's output "after `norm`, before `fc_norm`" of each face; whether the
class token or the mean of the patches is not known (§12), so `pool` says it. The mean over the
faces is the connector's work. No patch is hidden and none is moved.
"""

# T faces, K patches of one face, C colours, H height, W width, D width of the net

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

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
_AT_ONCE = 16
_FAMILIES = ("vit_mae",)
_SPARE = r"decoder\."  # of pre-training


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`pool` is "mean" of a face's patches, or its "cls" token."""

    weights: str = "facebook/vit-mae-large"
    width: int = 1024
    pool: Literal["mean", "cls"] = "mean"

    def __post_init__(self) -> None:
        if self.pool not in ("mean", "cls"):
            raise ConfigError(f"MAE's pool is mean or cls; got {self.pool!r}.")


def outputs(config: Config) -> Mapping[str, int]:
    """`pooled`: one row per face; `states`: the patches of each face, row-major."""
    return {"pooled": config.width, "states": config.width}


def tiny(config: Config) -> Config:
    """Two layers, 16 patches."""
    return replace(config, weights="tiny", width=32)


@dataclass(frozen=True, slots=True)
class Mae:
    """The net and what it is shown."""

    net: Any
    pool: str
    how: Preparation
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Features of all faces."""
        assert isinstance(shown, Pictures)
        (tokens_TKD,) = run(self._tokens, pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE))
        states_TKD = tokens_TKD[:, 1:]
        pooled_TD = states_TKD.mean(axis=1) if self.pool == "mean" else tokens_TKD[:, 0].copy()
        times_T = np.repeat(shown.times_T, states_TKD.shape[1])
        return {
            "pooled": Features(pooled_TD, shown.times_T),
            "states": Features(states_TKD.reshape(len(times_T), -1), times_T),
        }

    def _tokens(self, pixels_TCHW: "Tensor") -> "tuple[Tensor]":
        import torch

        device, dtype = self.net.device, self.net.dtype
        patches = self.net.embeddings.patch_embeddings.num_patches
        # The net sorts its patches by this noise, which is drawn at random where it is not given.
        order_TK = torch.arange(patches, device=device).expand(len(pixels_TCHW), -1)
        given = self.net(pixels_TCHW.to(device, dtype), noise=order_TK)
        return (given.last_hidden_state,)


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not MAE's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    from transformers import ViTMAEModel

    from affectlens.encoders import loading, pretrained

    if config.weights == "tiny":
        net: Any = ViTMAEModel(_small(config))
        mark = loading.draw(net, place)
    else:
        folder = weights.locate(config.weights, what="The encoder mae")
        found = pretrained.configuration(
            ViTMAEModel, folder, families=_FAMILIES, width=config.width
        )
        found.mask_ratio = 0.0
        net = pretrained.load(ViTMAEModel, folder, config=found, place=place, spare=_SPARE)
        mark = weights.fingerprint(folder)
    how = Preparation(side=net.config.image_size, mean_std="imagenet")
    return Mae(net, config.pool, how, mark)


def _small(config: Config) -> Any:
    from transformers import ViTMAEConfig

    return ViTMAEConfig(
        hidden_size=config.width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        mask_ratio=0.0,
    )
