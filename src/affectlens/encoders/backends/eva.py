"""EVA ViT-g/14 (BLIP-2's and MiniGPT's picture encoder), whole frames: Emotion-LLaMA spec §1.2.

`weights` is what `affectlens models convert eva_vit_g.pth` makes, with the released names of
tensors. `mean_std` is "clip" for Emotion-LLaMA, "imagenet" for the 224 pixel video view of its
second version (§10.1). `ln_vision` "identity" is the norm as Emotion-LLaMA and MiniGPT-v2 run it,
never trained (§2.1); "file" takes the file's own, as BLIP-2's Q-Former needs it.
"""

# T pictures, K tokens of one picture, C colours, H height, W width, D width of the net

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from affectlens.encoders import pixels, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.eva_sizes import Sizes
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import MeanStd, Preparation
from affectlens.encoders.running import run
from affectlens.encoders.view import Pictures, Shown
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = ("pictures",)
_AT_ONCE = 8
_NORM = "ln_vision."


@dataclass(frozen=True, kw_only=True, slots=True)
class Config(Sizes):
    """The defaults are Emotion-LLaMA's."""

    weights: str = "eva_vit_g"
    mean_std: MeanStd = "clip"
    ln_vision: Literal["identity", "file"] = "identity"

    def __post_init__(self) -> None:
        Sizes.__post_init__(self)
        if self.mean_std not in ("clip", "imagenet"):
            raise ConfigError(f"EVA's mean_std is clip or imagenet; got {self.mean_std!r}.")
        if self.ln_vision not in ("identity", "file"):
            raise ConfigError(f"EVA's ln_vision is identity or file; got {self.ln_vision!r}.")


def outputs(config: Config) -> Mapping[str, int]:
    """`patches`: (side/14)² rows per picture, row-major; `cls`: one row per picture."""
    return {"patches": config.width, "cls": config.width}


def tiny(config: Config) -> Config:
    """16 patches."""
    return replace(
        config, weights="tiny", width=32, side=56, depth=2, heads=2, ln_vision="identity"
    )


@dataclass(frozen=True, slots=True)
class Eva:
    """The net with the norm that follows it."""

    net: Any
    ln_vision: Any
    how: Preparation
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Patches and class tokens of all pictures."""
        assert isinstance(shown, Pictures)
        (tokens_TKD,) = run(self._tokens, pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE))
        patches_TKD = tokens_TKD[:, 1:]
        times_T = np.repeat(shown.times_T, patches_TKD.shape[1])
        return {
            "patches": Features(patches_TKD.reshape(len(times_T), -1), times_T),
            "cls": Features(tokens_TKD[:, 0].copy(), shown.times_T),
        }

    def _tokens(self, pixels_TCHW: "Tensor") -> "tuple[Tensor]":
        here_TCHW = pixels_TCHW.to(self.ln_vision.weight.device)
        return (self.ln_vision(self.net(here_TCHW)),)


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says; only convolution and linear layers take its precision.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not EVA's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    import torch

    from affectlens.encoders import loading
    from affectlens.encoders.eva_net import EvaVit

    full = replace(place, precision="float32")
    norm = torch.nn.LayerNorm(config.width, eps=1e-5).to(place.torch_device())
    if config.weights == "tiny":
        net = EvaVit(config)
        mark = loading.draw(net, full)
    else:
        folder = weights.locate(config.weights, what="The encoder eva")
        given = loading.tensors(folder)
        own = {n.removeprefix(_NORM): given.pop(n) for n in list(given) if n.startswith(_NORM)}
        if "pos_embed" in given:
            given["pos_embed"] = _fitted(given["pos_embed"], config, str(folder))
        with torch.device("meta"):
            net = EvaVit(config)
        # The released file holds a block more than is used, and a head.
        spare = rf"(blocks\.{config.depth}|norm|fc_norm|head)\."
        loading.put(net, given, source=str(folder), place=full, spare=spare)
        if config.ln_vision == "file":
            loading.put(norm, own, source=f"{folder} ({_NORM}*)", place=full)
        mark = weights.fingerprint(folder)
    net.lower(place.torch_dtype())
    how = Preparation(side=config.side, mean_std=config.mean_std)
    return Eva(net, norm, how, mark)


def _fitted(pos_1KD: "Tensor", config: Config, source: str) -> "Tensor":
    """Position embeddings for the side that is asked for, after a look at their width."""
    from affectlens.encoders import loading
    from affectlens.encoders.eva_net import repositioned

    loading.check_width(source, pos_1KD.shape[-1], config.width)
    try:
        return repositioned(pos_1KD, config.grid)
    except ValueError as error:
        raise InputError(f"The weights in {source} are not EVA's: {error}.") from error
