"""Faces as other cameras would have seen them: turned, nearer, darker, blurred, half hidden."""

# B faces, H height, W width

import torch
from torch import Generator, Tensor
from torch.nn import functional

from affectlens.encoders.face_net import SIDE

# Deviations of normal draws, and how often.
_TURN, _SCALE, _STRETCH, _SHIFT = 0.14, 0.08, 0.04, 0.06
_GAMMA, _SLOPE, _NOISE = 0.25, 0.15, 10.0
_BLURRED, _HIDDEN = 0.15, 0.35
_HOLE = (4.0, 12.0)  # half of its sides, in pixels


def changed(faces_B1HW: Tensor, chance: Generator) -> Tensor:
    """Each changed in its own way; grey values of 0 to 255 stay about that."""
    moved_B1HW = _moved(faces_B1HW, chance)
    blurred_B = torch.rand(len(moved_B1HW), generator=chance) < _BLURRED
    small_B1HW = functional.avg_pool2d(moved_B1HW, 2)
    soft_B1HW = functional.interpolate(
        small_B1HW, size=moved_B1HW.shape[2:], mode="bilinear", align_corners=False
    )
    seen_B1HW = torch.where(blurred_B[:, None, None, None], soft_B1HW, moved_B1HW)
    return _hidden(_lit(seen_B1HW, chance), chance)


def _moved(faces_B1HW: Tensor, chance: Generator) -> Tensor:
    """Turned, scaled, shifted, and one half of them mirrored; edges go on as they are."""
    count = len(faces_B1HW)
    turn_B, scale_B, stretch_B = torch.randn(3, count, generator=chance)
    turn_B, stretch_B = turn_B * _TURN, torch.exp(stretch_B * _STRETCH)
    scale_B = torch.exp(scale_B * _SCALE)
    mirror_B = torch.where(torch.rand(count, generator=chance) < 0.5, -1.0, 1.0)
    across_B2 = torch.stack([turn_B.cos() * stretch_B * mirror_B, -turn_B.sin()], 1)
    down_B2 = torch.stack([turn_B.sin() * mirror_B, turn_B.cos() / stretch_B], 1)
    turn_B22 = torch.stack([across_B2, down_B2], 1) * scale_B[:, None, None]
    shift_B21 = torch.randn(count, 2, 1, generator=chance) * _SHIFT
    grid_BHW2 = functional.affine_grid(
        torch.cat([turn_B22, shift_B21], 2), list(faces_B1HW.shape), align_corners=False
    )
    return functional.grid_sample(faces_B1HW, grid_BHW2, padding_mode="border", align_corners=False)


def _lit(faces_B1HW: Tensor, chance: Generator) -> Tensor:
    """In other light, which may come from a side, and with noise."""
    count = len(faces_B1HW)
    gamma_B, across_B, down_B = torch.randn(3, count, 1, 1, 1, generator=chance)
    ramp = torch.linspace(-1, 1, SIDE)
    slope_B1HW: Tensor = 1 + _SLOPE * (across_B * ramp + down_B * ramp[:, None])
    shares_B1HW: Tensor = (faces_B1HW.clamp(0, 255) / 255) ** torch.exp(gamma_B * _GAMMA)
    noise_B1HW = torch.randn(faces_B1HW.shape, generator=chance)
    most_B111 = torch.rand(count, 1, 1, 1, generator=chance) * _NOISE
    return shares_B1HW * slope_B1HW * 255 + noise_B1HW * most_B111


def _hidden(faces_B1HW: Tensor, chance: Generator) -> Tensor:
    """Some with a grey rectangle over them, as of a hand or a microphone."""
    count = len(faces_B1HW)
    has_B, top_B, left_B, tall_B, wide_B, grey_B = torch.rand(6, count, 1, 1, 1, generator=chance)
    least, most = _HOLE
    place = torch.arange(SIDE, dtype=torch.float32)
    rows_B1HW = (place[:, None] - top_B * SIDE).abs() < least + tall_B * (most - least)
    columns_B1HW = (place - left_B * SIDE).abs() < least + wide_B * (most - least)
    hole_B1HW = (has_B < _HIDDEN) & rows_B1HW & columns_B1HW
    return torch.where(hole_B1HW, grey_B * 255, faces_B1HW)
