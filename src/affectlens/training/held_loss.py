"""The loss of what is held back, in the tasks that a stage teaches."""

from typing import TYPE_CHECKING, Protocol

import torch
from accelerate.utils import send_to_device

from affectlens.training.collate import Collator
from affectlens.training.draw import Broken, Lesson
from affectlens.training.loss import loss_of
from affectlens.training.shares import gathered, place

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor


class Samples(Protocol):
    """Samples by their number."""

    def __len__(self) -> int: ...
    def __getitem__(self, position: int, /) -> Lesson | Broken: ...


@torch.no_grad()
def mean_loss(
    model: "AffectLM",
    processor: "AffectProcessor",
    lessons: Samples,
    batch_size: int,
) -> float | None:
    """The mean over samples of the mean over each one's learned tokens; None if there is none.

    Each process takes a share, and as many batches as the others, however few samples it has.
    """
    model.eval()
    rank, world = place()
    size = batch_size * world
    collator = Collator(processor, "bucketed", "sample")
    total, seen = 0.0, 0
    for first in range(0, len(lessons), size):
        mine = range(first + rank, min(first + size, len(lessons)), world)
        batch = send_to_device(collator([lessons[i] for i in mine]), model.device)
        total += float(loss_of(model, batch, 1.0))
        seen += int(batch["counts"]["sample"])
    every = gathered((total, seen))
    whole = sum(count for _, count in every)
    return sum(part for part, _ in every) / whole if whole else None
