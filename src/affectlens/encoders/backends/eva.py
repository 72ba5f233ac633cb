"""EVA ViT-g/14 (BLIP-2's and MiniGPT's picture encoder), whole frames: Emotion-LLaMA spec §1.2.

`weights` is a folder that `affectlens models convert eva_vit_g.pth` makes, with the released names
of tensors. `mean_std` is "clip" for Emotion-LLaMA, "imagenet" for the 224 pixel video view of its
second version (§10.1). `ln_vision` "identity" is the norm as Emotion-LLaMA and MiniGPT-v2 run it,
never trained (§2.1); "file" takes the file's own, as BLIP-2's Q-Former needs it.
"""

# T pictures, K tokens of one picture, D width

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectlens.encoders import loading, pixels, pretrained, random_weights, weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.eva_net import PATCH, EvaVit, Sizes, repositioned
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import MeanStd, Preparation
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError

SHOWN = ("pictures",)
_AT_ONCE = 8
_NORM = "ln_vision."


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The defaults are Emotion-LLaMA's; `side` is in pixels."""

    weights: str = "eva_vit_g"
    width: int = 1408
    side: int = 448
    depth: int = 39
    heads: int = 16
    mean_std: MeanStd = "clip"
    ln_vision: Literal["identity", "file"] = "identity"

    def __post_init__(self) -> None:
        if self.side < PATCH or self.side % PATCH:
            raise ConfigError(f"EVA's side is a multiple of {PATCH} pixels; got {self.side}.")
        if self.width % self.heads:
            raise ConfigError(f"EVA's width {self.width} is no multiple of {self.heads} heads.")
        if self.mean_std not in ("clip", "imagenet"):
            raise ConfigError(f"EVA's mean_std is clip or imagenet; got {self.mean_std!r}.")
        if self.ln_vision not in ("identity", "file"):
            raise ConfigError(f"EVA's ln_vision is identity or file; got {self.ln_vision!r}.")

    @property
    def sizes(self) -> Sizes:
        """Those of the net."""
        return Sizes(width=self.width, side=self.side, depth=self.depth, heads=self.heads)


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

    net: EvaVit
    ln_vision: nn.LayerNorm
    how: Preparation
    fingerprint: str

    def __call__(self, shown: Pictures | Waves) -> Mapping[str, Features]:
        """Patches and class tokens of all pictures."""
        assert isinstance(shown, Pictures)
        tokens_TKD = np.concatenate(
            [self._tokens(part) for part in pixels.batches(shown.rgb_THWC, self.how, _AT_ONCE)]
        )
        patches_TKD = tokens_TKD[:, 1:]
        times_T = np.repeat(shown.times_T, patches_TKD.shape[1])
        return {
            "patches": Features(patches_TKD.reshape(len(times_T), -1), times_T),
            "cls": Features(tokens_TKD[:, 0].copy(), shown.times_T),
        }

    @torch.inference_mode()
    def _tokens(self, part: NDArray[np.float32]) -> NDArray[np.float32]:
        here_TCHW = torch.from_numpy(part).to(self.ln_vision.weight.device)
        return cast(NDArray[np.float32], self.ln_vision(self.net(here_TCHW)).cpu().numpy())


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says; only convolution and linear layers take its precision.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not EVA's; what is missing, left over or misshapen is listed.
        ConfigError: they have another width.
    """
    norm = nn.LayerNorm(config.width, eps=1e-5).to(place.torch_device())
    if config.weights == "tiny":
        net, mark = _random(config, place), weights.random_fingerprint(f"eva {config}")
    else:
        folder = _folder(config.weights)
        net, mark = _loaded(folder, config, norm, place), weights.fingerprint(folder)
    net.lower(place.torch_dtype())
    how = Preparation(side=config.side, mean_std=config.mean_std)
    return Eva(net, norm, how, mark)


def _folder(source: str) -> Path:
    """A local folder or a hub repository, whose name has a slash: the default names neither."""
    if "/" in source or Path(source).is_dir():
        return weights.locate(source, what="EVA ViT-g")
    raise UnavailableError(
        f"EVA ViT-g: there is no folder {source!r}. Download LAVIS's eva_vit_g.pth, run "
        "`affectlens models convert eva_vit_g.pth`, and give the encoder's weights that folder."
    )


def _loaded(folder: Path, config: Config, norm: nn.LayerNorm, place: Place) -> EvaVit:
    given = loading.tensors(folder)
    normal = {name: given.pop(name) for name in list(given) if name.startswith(_NORM)}
    if "pos_embed" in given:
        given["pos_embed"] = _fitted(given["pos_embed"], config, folder)
    with loading.meta():
        net = EvaVit(config.sizes)
    source, full = str(folder), replace(place, precision="float32")
    # The released file holds a block more than is used, and a head.
    spare = (f"blocks.{config.depth}.", "norm.", "fc_norm.", "head.")
    loading.put(net, given, source=source, place=full, harmless=spare)
    if config.ln_vision == "file":
        named = {name.removeprefix(_NORM): tensor for name, tensor in normal.items()}
        loading.put(norm, named, source=f"{folder} ({_NORM}*)", place=full)
    return net


def _fitted(pos_1KD: Tensor, config: Config, folder: Path) -> Tensor:
    """Position embeddings for the side that is asked for, after a look at their width."""
    pretrained.check_width(folder, pos_1KD.shape[-1], config.width)
    try:
        return repositioned(pos_1KD, config.sizes.grid)
    except ValueError as error:
        raise InputError(f"The weights in {folder} are not EVA's: {error}.") from error


def _random(config: Config, place: Place) -> EvaVit:
    net = EvaVit(config.sizes)
    random_weights.fill(net)
    loading.freeze(net)
    return net.to(place.torch_device())
