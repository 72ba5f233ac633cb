"""CLIP's picture transformer, from any of its layers.

`pooled` is what `get_image_features` gives, projected and not L2-normalised: AffectGPT's video
(AffectGPT spec §3.2). `cls` and `patches` are hidden states of `layer`: -1 the last, -2 LLaVA's,
0 the embeddings; the final norm, which only `pooled` passes, is not applied to them.
"""

# T pictures, K tokens of one picture, D width

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from affectlens.encoders import loading, pixels, pretrained, random_weights, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import Fit, Preparation
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

SHOWN = ("pictures",)
_AT_ONCE = 16
_TINY_LAYERS = 2
_FAMILIES = ("clip", "clip_vision_model")
# Checkpoints hold both halves of CLIP; old ones hold the running numbers of positions, too.
_SPARE = r"text_model\.|text_projection\.|logit_scale$|vision_model\.embeddings\.position_ids$"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`fit` is CLIP's own "crop" of the middle, or "squeeze": the whole picture as a square."""

    weights: str = "openai/clip-vit-large-patch14"
    width: int = 1024
    projected: int = 768
    layer: int = -1
    fit: Fit = "crop"

    def __post_init__(self) -> None:
        if self.fit not in ("crop", "squeeze"):
            raise ConfigError(f"CLIP's fit is crop or squeeze; got {self.fit!r}.")


def outputs(config: Config) -> Mapping[str, int]:
    """`pooled` and `cls`: one row per picture; `patches`: those of each picture, row-major."""
    return {"pooled": config.projected, "cls": config.width, "patches": config.width}


def tiny(config: Config) -> Config:
    """Two layers, 16 patches."""
    layer = min(max(config.layer, -_TINY_LAYERS - 1), _TINY_LAYERS)
    return replace(config, weights="tiny", width=32, projected=24, layer=layer)


@dataclass(frozen=True, slots=True)
class Clip:
    """The net and what it is shown."""

    net: Any
    layer: int
    how: Preparation
    fingerprint: str

    def __call__(self, shown: Pictures | Waves) -> Mapping[str, Features]:
        """Projected, class and patch features of all pictures."""
        assert isinstance(shown, Pictures)
        parts = [self._run(part) for part in pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE)]
        pooled_TD, tokens_TKD = (np.concatenate(each) for each in zip(*parts, strict=True))
        patches_TKD = tokens_TKD[:, 1:]
        times_T = np.repeat(shown.times_T, patches_TKD.shape[1])
        return {
            "pooled": Features(pooled_TD, shown.times_T),
            "cls": Features(tokens_TKD[:, 0].copy(), shown.times_T),
            "patches": Features(patches_TKD.reshape(len(times_T), -1), times_T),
        }

    @torch.inference_mode()
    def _run(
        self, part_TCHW: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        here_TCHW = torch.from_numpy(part_TCHW).to(self.net.device, self.net.dtype)
        given = self.net(here_TCHW, output_hidden_states=True)
        tokens_TKD = given.hidden_states[self.layer]
        return given.image_embeds.float().cpu().numpy(), tokens_TKD.float().cpu().numpy()


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not CLIP's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width, or there is no such layer.
    """
    if config.weights == "tiny":
        net, mark = _random(config, place), weights.random_fingerprint(f"clip {config}")
    else:
        folder = weights.locate(config.weights, what="CLIP")
        net, mark = _loaded(folder, config, place), weights.fingerprint(folder)
    depth = net.config.num_hidden_layers
    if not -depth - 1 <= config.layer <= depth:
        raise ConfigError(f"This CLIP has the layers {-depth - 1} … {depth}; got {config.layer}.")
    how = Preparation(side=net.config.image_size, mean_std="clip", fit=config.fit)
    return Clip(net.to(place.torch_device()), config.layer, how, mark)


def _loaded(folder: Path, config: Config, place: Place) -> Any:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    found = pretrained.configuration(CLIPVisionConfig, folder, families=_FAMILIES)
    pretrained.check_width(folder, found.hidden_size, config.width)
    pretrained.check_width(folder, found.projection_dim, config.projected, setting="projected")
    return pretrained.load(
        CLIPVisionModelWithProjection,
        folder,
        config=found,
        dtype=place.torch_dtype(),
        spare=_SPARE,
    )


def _random(config: Config, place: Place) -> Any:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    sizes = CLIPVisionConfig(
        hidden_size=config.width,
        projection_dim=config.projected,
        intermediate_size=64,
        num_hidden_layers=_TINY_LAYERS,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
    net = CLIPVisionModelWithProjection(sizes)
    random_weights.fill(net)
    loading.freeze(net)
    return net.to(place.torch_dtype())
