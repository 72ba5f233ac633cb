"""MAE ViT-L/16 on aligned faces: Emotion-LLaMA spec §1.2, the local stream.

The reference takes the encoder's output "after `norm`, before `fc_norm`" of each face; whether the
class token or the mean of the patches is not known (§12), so `pool` says it. The mean over the
faces is the connector's work. No patch is hidden and none is moved.
"""

# T faces, K patches of one face, D width

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

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

    def __call__(self, shown: Pictures | Waves) -> Mapping[str, Features]:
        """Features of all faces."""
        assert isinstance(shown, Pictures)
        tokens_TKD = np.concatenate(
            [self._run(part) for part in pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE)]
        )
        states_TKD = tokens_TKD[:, 1:]
        pooled_TD = states_TKD.mean(axis=1) if self.pool == "mean" else tokens_TKD[:, 0].copy()
        times_T = np.repeat(shown.times_T, states_TKD.shape[1])
        return {
            "pooled": Features(pooled_TD, shown.times_T),
            "states": Features(states_TKD.reshape(len(times_T), -1), times_T),
        }

    @torch.inference_mode()
    def _run(self, part_TCHW: NDArray[np.float32]) -> NDArray[np.float32]:
        device, dtype = self.net.device, self.net.dtype
        patches = self.net.embeddings.patch_embeddings.num_patches
        # The net sorts its patches by this noise, which is drawn at random where it is not given.
        order_TK = torch.arange(patches, device=device).expand(len(part_TCHW), -1)
        given = self.net(torch.from_numpy(part_TCHW).to(device, dtype), noise=order_TK)
        return cast(NDArray[np.float32], given.last_hidden_state.float().cpu().numpy())


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not MAE's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    if config.weights == "tiny":
        net, mark = _random(config, place), weights.random_fingerprint(f"mae {config}")
    else:
        folder = weights.locate(config.weights, what="MAE")
        net, mark = _loaded(folder, config, place), weights.fingerprint(folder)
    how = Preparation(side=net.config.image_size, mean_std="imagenet")
    return Mae(net.to(place.torch_device()), config.pool, how, mark)


def _loaded(folder: Path, config: Config, place: Place) -> Any:
    from transformers import ViTMAEConfig, ViTMAEModel

    found = pretrained.configuration(ViTMAEConfig, folder, families=_FAMILIES)
    pretrained.check_width(folder, found.hidden_size, config.width)
    found.mask_ratio = 0.0
    return pretrained.load(
        ViTMAEModel, folder, config=found, dtype=place.torch_dtype(), spare=_SPARE
    )


def _random(config: Config, place: Place) -> Any:
    from transformers import ViTMAEConfig, ViTMAEModel

    sizes = ViTMAEConfig(
        hidden_size=config.width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        mask_ratio=0.0,
    )
    net = ViTMAEModel(sizes)
    random_weights.fill(net)
    loading.freeze(net)
    return net.to(place.torch_dtype())
