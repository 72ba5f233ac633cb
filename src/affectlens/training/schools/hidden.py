"""`Filler`: a face net that fills in what is hidden of a picture, after arXiv 2111.06377."""

# B faces, H height, W width, P patches of a side, D width of the features

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from affectlens.encoders.face_net import SIDE, FaceNet

_PATCH = 8  # pixels
_HIDDEN = 0.65  # share of the patches
_DECODER = 256  # channels
_GREY = 0.0  # of a standardised picture; what a hidden patch shows


class Filler(nn.Module):
    """The net and a small decoder, which is thrown away when it has learned."""

    def __init__(self, net: FaceNet, width: int) -> None:
        super().__init__()
        self.net = net
        cell = SIDE // GRID
        self.decoder = nn.Sequential(
            nn.Conv2d(width, _DECODER, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_DECODER, cell**2, 1),
            nn.PixelShuffle(cell),
        )

    def forward(self, faces_B1HW: Tensor) -> Tensor:
        """Whole pictures of such with hidden patches."""
        filled_B1HW: Tensor = self.decoder(self.net.grid(faces_B1HW))
        return filled_B1HW


GRID = 3  # cells of a side of the net's last level


def hide(faces_B1HW: Tensor, chance: Generator) -> Tensor:
    """Which pixels are hidden (bool): so many patches of each picture, by lot."""
    patches = SIDE // _PATCH
    lot_BP = torch.rand(len(faces_B1HW), patches**2, generator=chance)
    hidden = round(_HIDDEN * patches**2)
    is_hidden_BP = lot_BP.argsort(1) < hidden
    squares_B1PP = is_hidden_BP.view(-1, 1, patches, patches).float()
    return functional.interpolate(squares_B1PP, scale_factor=_PATCH) > 0


def loss(filler: nn.Module, faces_B1HW: Tensor, hidden_B1HW: Tensor) -> Tensor:
    """Mean squared error of the pixels that were hidden."""
    filled_B1HW = filler(faces_B1HW.masked_fill(hidden_B1HW, _GREY))
    wrong: Tensor = (filled_B1HW.float() - faces_B1HW)[hidden_B1HW]
    return wrong.square().mean()
