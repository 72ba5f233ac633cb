"""The lessons of a school: what is hidden of a face, then what people see in it."""

# N faces, B faces of a batch, H height, W width, E emotions

import torch
from torch import Generator, Tensor, nn

from affectlens.encoders.face_net import FaceNet, standardised
from affectlens.training.schools import hidden
from affectlens.training.schools.changes import changed
from affectlens.training.schools.faces import Faces
from affectlens.training.schools.learning import SCORE, Lesson, Row

HIDDEN, VOTES = "hidden", "votes"  # their names
_AT_ONCE = 256


def of_hidden(faces: Faces, epochs: int) -> Lesson:
    """Fill in what is hidden, for a `hidden.Filler`."""
    learned = faces.part(~faces.held_N)

    def show(numbers: Tensor, chance: Generator) -> tuple[Tensor, Tensor]:
        pixels_B1HW = _pixels(learned, numbers, chance)
        return pixels_B1HW, hidden.hide(pixels_B1HW, chance)

    return Lesson(
        name=HIDDEN,
        epochs=epochs,
        show=show,
        loss=hidden.loss,
        often=torch.ones(len(learned.held_N)),
        judge=lambda net: {},
    )


def of_votes(faces: Faces, epochs: int, rare: float) -> Lesson:
    """The shares of people's votes; faces of rare emotions are drawn more often."""
    learned, held = faces.part(~faces.held_N), faces.part(faces.held_N & faces.clear_N)

    def show(numbers: Tensor, chance: Generator) -> tuple[Tensor, Tensor]:
        return _pixels(learned, numbers, chance), learned.shares_NE[numbers]

    def loss(net: nn.Module, pixels_B1HW: Tensor, shares_BE: Tensor) -> Tensor:
        logits_BE = net(pixels_B1HW)[1].float()
        likely_BE: Tensor = logits_BE.log_softmax(-1)
        return -(shares_BE * likely_BE).sum(1).mean()

    common_E = learned.shares_NE.mean(0).clamp_min(1 / len(learned.held_N))
    often_N = (learned.shares_NE / common_E**rare).sum(1)
    return Lesson(
        name=VOTES,
        epochs=epochs,
        show=show,
        loss=loss,
        often=often_N,
        judge=lambda net: judged(net, held),
    )


def judged(net: nn.Module, held: Faces) -> Row:
    """Accuracy and UAR on faces that people agree on, and the mean of both to choose by."""
    if not len(held.held_N):
        return {}
    truth_N = held.shares_NE.argmax(1)
    said_N = labels(net, held.faces_NHW)
    right_N = (said_N == truth_N).double()
    recalls = [right_N[truth_N == label].mean() for label in torch.unique(truth_N)]
    accuracy, uar = float(right_N.mean()), float(torch.stack(recalls).mean())
    return {SCORE: (accuracy + uar) / 2, "accuracy": accuracy, "uar": uar}


def labels(net: nn.Module, faces_NHW: Tensor) -> Tensor:
    """The number of the likeliest label of each face."""
    assert isinstance(net, FaceNet)
    device = net.head.weight.device
    with torch.inference_mode():
        said = [
            net(standardised(some_BHW[:, None].float().to(device)))[1].argmax(1).cpu()
            for some_BHW in torch.split(faces_NHW, _AT_ONCE)
        ]
    return torch.cat(said)


def _pixels(faces: Faces, numbers: Tensor, chance: Generator) -> Tensor:
    """Faces as they are learned from: changed, then standardised."""
    return standardised(changed(faces.faces_NHW[numbers][:, None].float(), chance))
