"""EVA ViT-g/14, the picture transformer of BLIP-2 and MiniGPT, with its released parameter names.

Emotion-LLaMA spec §1.2; patches of 14 pixels, no final norm, queries and values with a bias, keys
without.
"""

# B pictures, C colours, H height, W width, T tokens (class token first), D width, N heads,
# H also the width of a head, G one side of the grid of patches

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from affectlens.encoders.eva_sizes import PATCH, Sizes


class Attention(nn.Module):
    """Self-attention over all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.proj = nn.Linear(width, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Attended tokens (BTD)."""
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        qkv = F.linear(x_BTD, self.qkv.weight, bias.to(x_BTD.dtype))
        qkv_3BNTH = qkv.view(*x_BTD.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q_BNTH, k_BNTH, v_BNTH = qkv_3BNTH
        mixed_BNTH = F.scaled_dot_product_attention(q_BNTH, k_BNTH, v_BNTH)
        out: Tensor = self.proj(mixed_BNTH.transpose(1, 2).flatten(2))
        return out


class Mlp(nn.Module):
    """Two layers with the exact GELU between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = int(width * 4.3637)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Same shape."""
        out: Tensor = self.fc2(F.gelu(self.fc1(x_BTD)))
        return out


class Block(nn.Module):
    """Norm, attention, norm, MLP; what is added up stays in 32 bits whatever the layers' dtype."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Same shape."""
        dtype = self.attn.qkv.weight.dtype
        x_BTD = x_BTD + self.attn(self.norm1(x_BTD).to(dtype))
        out: Tensor = x_BTD + self.mlp(self.norm2(x_BTD).to(dtype))
        return out


class PatchEmbed(nn.Module):
    """A picture cut into patches, row-major."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, kernel_size=PATCH, stride=PATCH)

    def forward(self, pixels_BCHW: Tensor) -> Tensor:
        """One token per patch (BTD)."""
        out: Tensor = self.proj(pixels_BCHW.to(self.proj.weight.dtype)).flatten(2).transpose(1, 2)
        return out


class EvaVit(nn.Module):
    """986,975,872 parameters at the released sizes and 448 pixels."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, sizes.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, sizes.grid**2 + 1, sizes.width))
        self.patch_embed = PatchEmbed(sizes.width)
        self.blocks = nn.ModuleList([Block(sizes.width, sizes.heads) for _ in range(sizes.depth)])

    def forward(self, pixels_BCHW: Tensor) -> Tensor:
        """The last block's tokens (BTD, 32 bits): the class token, then the patches."""
        patches_BTD = self.patch_embed(pixels_BCHW).float()
        cls_BTD = self.cls_token.expand(len(patches_BTD), -1, -1)
        x_BTD = torch.cat([cls_BTD, patches_BTD], dim=1) + self.pos_embed
        for block in self.blocks:
            x_BTD = block(x_BTD)
        return x_BTD

    def lower(self, dtype: torch.dtype) -> None:
        """Convolution and linear layers in `dtype`; all else stays in 32 bits (spec §1.2)."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                module.to(dtype)


def repositioned(pos_1TD: Tensor, grid: int) -> Tensor:
    """Position embeddings of another grid of patches: bicubic, in 32 bits, the class row kept.

    Raises:
        ValueError: the rows are not those of a square and a class token.
    """
    rows = pos_1TD.shape[1] - 1
    old = math.isqrt(rows)
    if old * old != rows:
        raise ValueError(f"{rows} position embeddings are no square grid")
    if old == grid:
        return pos_1TD.float()
    cls_1TD, grid_1TD = pos_1TD[:, :1].float(), pos_1TD[:, 1:].float()
    grid_1DGG = grid_1TD.transpose(1, 2).reshape(1, -1, old, old)
    grid_1DGG = F.interpolate(grid_1DGG, size=(grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([cls_1TD, grid_1DGG.flatten(2).transpose(1, 2)], dim=1)
