"""CLIP's picture transformer, from any of its layers.

`pooled` is what `get_image_features` gives, projected and not L2-normalised: AffectGPT's video
(AffectGPT spec §3.2). `cls` and `patches` are hidden states of `layer`: -1 the last, -2 LLaVA's,
0 the embeddings; the final norm, which only `pooled` passes, is not applied to them.
"""

# T pictures, K tokens of one picture, C colours, H height, W width, D width of the net

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from affectlens.encoders import pixels, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import Fit, Preparation
from affectlens.encoders.running import run
from affectlens.encoders.view import Pictures, Shown
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

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

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Projected, class and patch features of all pictures."""
        assert isinstance(shown, Pictures)
        batches = pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE)
        pooled_TD, tokens_TKD = run(self._seen, batches)
        patches_TKD = tokens_TKD[:, 1:]
        times_T = np.repeat(shown.times_T, patches_TKD.shape[1])
        return {
            "pooled": Features(pooled_TD, shown.times_T),
            "cls": Features(tokens_TKD[:, 0].copy(), shown.times_T),
            "patches": Features(patches_TKD.reshape(len(times_T), -1), times_T),
        }

    def _seen(self, pixels_TCHW: "Tensor") -> "tuple[Tensor, Tensor]":
        here_TCHW = pixels_TCHW.to(self.net.device, self.net.dtype)
        given = self.net(here_TCHW, output_hidden_states=True)
        return given.image_embeds, given.hidden_states[self.layer]


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not CLIP's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width, or there is no such layer.
    """
    from transformers import CLIPVisionModelWithProjection

    from affectlens.encoders import loading, pretrained

    kind = CLIPVisionModelWithProjection
    if config.weights == "tiny":
        net: Any = kind(_small(config))
        mark = loading.draw(net, place)
    else:
        folder = weights.locate(config.weights, what="The encoder clip")
        found = pretrained.configuration(kind, folder, families=_FAMILIES, width=config.width)
        loading.check_width(folder, found.projection_dim, config.projected, setting="projected")
        loading.check_layers(folder, found.num_hidden_layers, [config.layer])
        net = pretrained.load(kind, folder, config=found, place=place, spare=_SPARE)
        mark = weights.fingerprint(folder)
    how = Preparation(side=net.config.image_size, mean_std="clip", fit=config.fit)
    return Clip(net, config.layer, how, mark)


def _small(config: Config) -> Any:
    from transformers import CLIPVisionConfig

    return CLIPVisionConfig(
        hidden_size=config.width,
        projection_dim=config.projected,
        intermediate_size=64,
        num_hidden_layers=_TINY_LAYERS,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
