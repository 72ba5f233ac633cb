"""ImageBind's trunks for pictures and for sound (Girdhar et al. 2023), with the released names.

Written from memory of the released code (facebookresearch/ImageBind, `imagebind_huge`); parameter
names and sizes agree with what is recalled of `imagebind_huge.pth`, but no released file was at
hand to load. Whatever differs stops the strict loading with a list.
"""

# B pictures or pieces of sound, C channels, H height, W width, T tokens, D width of a trunk,
# E width of the joint space

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Names of the parts that belong to the modalities which are not built here.
OTHERS = ("text", "depth", "thermal", "imu")
PICTURES, SOUND = "vision", "audio"
_PARTS = ("modality_preprocessors", "modality_trunks", "modality_heads", "modality_postprocessors")
_SOUND_SCALE = 20.0
_FILM = 2  # pictures; one is shown twice


@dataclass(frozen=True, kw_only=True, slots=True)
class Trunk:
    """Sizes of one modality's part; pictures are squares of `height`, sound mel bands by frames."""

    height: int
    width: int
    kernel: int
    stride: int
    dim: int
    blocks: int
    heads: int

    @property
    def patches(self) -> int:
        """How many tokens there are beside the class token."""
        rows = (self.height - self.kernel) // self.stride + 1
        return rows * ((self.width - self.kernel) // self.stride + 1)


HUGE = {
    PICTURES: Trunk(height=224, width=224, kernel=14, stride=14, dim=1280, blocks=32, heads=16),
    SOUND: Trunk(height=128, width=204, kernel=16, stride=10, dim=768, blocks=12, heads=12),
}
TINY = {
    PICTURES: Trunk(height=224, width=224, kernel=56, stride=56, dim=32, blocks=2, heads=4),
    SOUND: Trunk(height=128, width=204, kernel=16, stride=10, dim=32, blocks=2, heads=4),
}


class ImageBind(nn.Module):
    """Embeddings of the chosen modalities in their joint space."""

    def __init__(self, trunks: dict[str, Trunk], joint: int) -> None:
        super().__init__()
        self.modality_preprocessors = nn.ModuleDict({k: _Stem(k, t) for k, t in trunks.items()})
        self.modality_trunks = nn.ModuleDict({k: _Blocks(k, t) for k, t in trunks.items()})
        self.modality_heads = nn.ModuleDict(
            {
                k: nn.Sequential(
                    nn.LayerNorm(t.dim, eps=1e-6),
                    nn.Identity(),  # the released code takes the class token here
                    nn.Linear(t.dim, joint, bias=False),
                )
                for k, t in trunks.items()
            }
        )
        self.modality_postprocessors = nn.ModuleDict({k: _Finish(k) for k in trunks})

    def forward(self, kind: str, given: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens in the joint space (BTE), the class token first; and the released output (BE).

        Pictures are B·3·H·W, sound B·1·mel·frames. The released output has length 1 for pictures
        and 20 for sound.
        """
        tokens_BTD = self.modality_trunks[kind](self.modality_preprocessors[kind](given))
        tokens_BTE: Tensor = self.modality_heads[kind](tokens_BTD)
        return tokens_BTE, self.modality_postprocessors[kind](tokens_BTE[:, 0])


def is_other(name: str, built: tuple[str, ...]) -> bool:
    """Whether a tensor of the released file belongs to a modality that was not built."""
    part, _, rest = name.partition(".")
    absent = {*OTHERS, PICTURES, SOUND} - set(built)
    return part in _PARTS and rest.partition(".")[0] in absent


class _Stem(nn.Module):
    """Patches, a class token, positions."""

    def __init__(self, kind: str, sizes: Trunk) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, sizes.dim))
        self.rgbt_stem = _Patches(kind, sizes)
        positions_1TD = nn.Parameter(torch.zeros(1, 1 + sizes.patches, sizes.dim))
        self.pos_embedding_helper = nn.ParameterDict({"pos_embed": positions_1TD})

    def forward(self, given: Tensor) -> Tensor:
        patches_BTD = self.rgbt_stem(given)
        first_BTD = self.cls_token.expand(len(patches_BTD), -1, -1)
        tokens_BTD = torch.cat([first_BTD, patches_BTD], dim=1)
        moved_BTD: Tensor = tokens_BTD + self.pos_embedding_helper["pos_embed"]
        return moved_BTD


class _Patches(nn.Module):
    """A convolution without overlap for pictures (each shown twice, as a film), with for sound."""

    def __init__(self, kind: str, sizes: Trunk) -> None:
        super().__init__()
        if kind == PICTURES:
            patch = (_FILM, sizes.kernel, sizes.kernel)
            film = nn.Conv3d(3, sizes.dim, patch, stride=patch, bias=False)
            self.proj: nn.Module = nn.Sequential(_Twice(), film)
            self.norm_layer: nn.Module = nn.Identity()
        else:
            self.proj = nn.Conv2d(1, sizes.dim, sizes.kernel, stride=sizes.stride, bias=False)
            self.norm_layer = nn.LayerNorm(sizes.dim)

    def forward(self, given: Tensor) -> Tensor:
        patches_BTD: Tensor = self.norm_layer(self.proj(given).flatten(2).transpose(1, 2))
        return patches_BTD


class _Twice(nn.Module):
    """One picture as a film of two."""

    def forward(self, given_BCHW: Tensor) -> Tensor:
        return given_BCHW[:, :, None].expand(-1, -1, _FILM, -1, -1)


class _Blocks(nn.Module):
    """A transformer with norms before its parts; pictures are normed once more at the start."""

    def __init__(self, kind: str, sizes: Trunk) -> None:
        super().__init__()
        first: nn.Module = nn.Identity()
        if kind == PICTURES:
            first = nn.LayerNorm(sizes.dim, eps=1e-6)
        self.pre_transformer_layer = nn.Sequential(first)
        blocks = [_Block(kind, sizes) for _ in range(sizes.blocks)]
        self.blocks = nn.Sequential(*blocks)

    def forward(self, tokens_BTD: Tensor) -> Tensor:
        seen_BTD: Tensor = self.blocks(self.pre_transformer_layer(tokens_BTD))
        return seen_BTD


class _Block(nn.Module):
    def __init__(self, kind: str, sizes: Trunk) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(sizes.dim, eps=1e-6)
        # One learnt key and value beside the tokens' in the trunk of sound.
        self.attn = nn.MultiheadAttention(
            sizes.dim, sizes.heads, add_bias_kv=kind == SOUND, batch_first=True
        )
        self.norm_2 = nn.LayerNorm(sizes.dim, eps=1e-6)
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(sizes.dim, 4 * sizes.dim), "fc2": nn.Linear(4 * sizes.dim, sizes.dim)}
        )

    def forward(self, x_BTD: Tensor) -> Tensor:
        n_BTD = self.norm_1(x_BTD)
        x_BTD = x_BTD + self.attn(n_BTD, n_BTD, n_BTD, need_weights=False)[0]
        hidden = nn.functional.gelu(self.mlp["fc1"](self.norm_2(x_BTD)))
        out_BTD: Tensor = x_BTD + self.mlp["fc2"](hidden)
        return out_BTD


class _Finish(nn.Sequential):
    """To length 1; sound is then scaled by a number that the released file keeps as its log."""

    def __init__(self, kind: str) -> None:
        super().__init__(_Unit(), *([_Scale()] if kind == SOUND else []))


class _Unit(nn.Module):
    def forward(self, x_BE: Tensor) -> Tensor:
        return nn.functional.normalize(x_BE, dim=-1)


class _Scale(nn.Module):
    log_logit_scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_logit_scale", torch.tensor(math.log(_SOUND_SCALE)))

    def forward(self, x_BE: Tensor) -> Tensor:
        return x_BE * self.log_logit_scale.exp().clamp(max=100)
