"""`learn`: a net through the epochs of one lesson, and on from the last whole one after a kill."""

import copy
import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from affectlens.foundation.errors import AffectlensError, InputError
from affectlens.training import newest, states
from affectlens.training.plan import seeded

SCORE = "score"
_STATE = "state"
_WARM = 0.2  # share of the steps in which the rate rises
_FIRST = 0.04  # of the peak
_MEAN, _SOON = 0.998, 10.0  # how much of the mean of the weights stays in a step; less at first

log = logging.getLogger(__name__)

Row = dict[str, float]
Show = Callable[[Tensor, Generator], tuple[Tensor, Tensor]]  # numbers of faces; pixels, what for


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is learned, and how long."""

    name: str
    epochs: int
    show: Show
    loss: Callable[[nn.Module, Tensor, Tensor], Tensor]  # of what `show` gave
    often: Tensor  # how often each face is drawn, beside the others
    judge: Callable[[nn.Module], Row]  # numbers of what is held back; SCORE is by which one chooses


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How it is computed."""

    batch: int
    peak: float  # learning rate of AdamW
    decay: float  # of tensors of two dimensions or more
    seed: int
    device: torch.device
    precision: torch.dtype  # of convolutions; weights stay in 32 bits


def learn(
    net: nn.Module, lesson: Lesson, how: How, folder: Path, tell: Callable[[list[Row]], None]
) -> list[Row]:
    """Give a net the mean of its weights at the best epoch; the course of all epochs.

    `folder` keeps the last epoch; what was killed goes on there with the same numbers. `tell` hears
    the course so far after each epoch.

    Raises:
        AffectlensError: the loss is no finite number.
    """
    _settle(net, how.device)
    mean = copy.deepcopy(net).requires_grad_(False)
    optimizer = torch.optim.AdamW(_groups(net, how.decay), lr=how.peak)
    course, best = _restored(net, mean, optimizer, folder / lesson.name)
    for epoch in range(len(course), lesson.epochs):
        began = time.monotonic()
        steps = _steps(lesson, how, epoch)
        loss = _epoch(net, mean, optimizer, lesson, how, steps)
        row = {"epoch": epoch + 1, "loss": loss, **lesson.judge(mean.eval())}
        row["seconds"] = round(time.monotonic() - began, 3)
        course.append(row)
        if chosen(course) is row:
            best = {name: value.clone() for name, value in mean.state_dict().items()}
        _keep(net, mean, optimizer, {"course": course, "best": best}, folder / lesson.name)
        tell(course)
    if best:
        net.load_state_dict(best)
    return course


def _settle(net: Any, device: torch.device) -> None:
    """Where it learns, in the order of memory that convolutions are fastest in."""
    net.to(device, memory_format=torch.channels_last)


def chosen(course: list[Row]) -> Row:
    """The best epoch, of equals the last one; without a score all are equal."""
    return max(course, key=lambda row: (row.get(SCORE, 0.0), row["epoch"]))


@dataclass(frozen=True, slots=True)
class _Steps:
    """The batches of an epoch and the rate of each."""

    numbers: Tensor  # of faces
    rates: list[float]
    kept: list[float]  # how much of the mean of the weights stays
    chance: Generator
    seed: int

    def __iter__(self) -> Iterator[tuple[Tensor, float, float]]:
        return zip(self.numbers, self.rates, self.kept, strict=True)


def _steps(lesson: Lesson, how: How, epoch: int) -> _Steps:
    """All that is drawn by chance in an epoch is a function of the seed and its number."""
    seed = seeded(how.seed, lesson.name, epoch) % 2**63
    chance = Generator().manual_seed(seed)
    count = max(1, len(lesson.often) // how.batch)
    drawn = torch.multinomial(
        lesson.often.double(), count * how.batch, replacement=True, generator=chance
    )
    done = range(epoch * count, (epoch + 1) * count)
    rates = [how.peak * _share(step / (lesson.epochs * count)) for step in done]
    kept = [min(_MEAN, (1 + step) / (_SOON + step)) for step in done]
    return _Steps(drawn.view(count, -1), rates, kept, chance, seed)


def _share(done: float) -> float:
    """Of the peak rate: up by half a cosine, then down to nothing (one cycle, arXiv 1708.07120)."""
    if done < _WARM:
        return _FIRST + (1 - _FIRST) * (1 - math.cos(math.pi * done / _WARM)) / 2
    return (1 + math.cos(math.pi * (done - _WARM) / (1 - _WARM))) / 2


def _epoch(
    net: nn.Module,
    mean: nn.Module,
    optimizer: torch.optim.Optimizer,
    lesson: Lesson,
    how: How,
    steps: _Steps,
) -> float:
    """The mean loss of all its steps."""
    net.train()
    total = torch.zeros(())
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(steps.seed)  # of dropout
        for numbers, rate, kept in steps:
            for group in optimizer.param_groups:
                group["lr"] = rate
            shown = [one.to(how.device) for one in lesson.show(numbers, steps.chance)]
            lower = how.precision != torch.float32
            with torch.autocast(how.device.type, how.precision, enabled=lower):
                loss = lesson.loss(net, *shown)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            _follow(mean, net, kept)
            total += loss.detach().cpu()
    if not total.isfinite():
        raise AffectlensError(
            f"The loss of {lesson.name} is no finite number. Lower schools.*.peak."
        )
    return float(total) / len(steps.rates)


def _follow(mean: nn.Module, net: nn.Module, kept: float) -> None:
    """A moving mean of all weights."""
    with torch.no_grad():
        for held, now in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
            if held.is_floating_point():
                held.lerp_(now, 1 - kept)
            else:
                held.copy_(now)


def _groups(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    flat = [one for one in net.parameters() if one.ndim < 2]
    rest = [one for one in net.parameters() if one.ndim >= 2]
    return [{"params": rest, "weight_decay": decay}, {"params": flat, "weight_decay": 0.0}]


def _keep(
    net: nn.Module,
    mean: nn.Module,
    optimizer: torch.optim.Optimizer,
    facts: Mapping[str, Any],
    place: Path,
) -> None:
    """Write the state after an epoch; whoever is killed meanwhile has that of the one before."""
    draft = newest.draft_of(place)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    state = {
        "net": net.state_dict(),
        "mean": mean.state_dict(),
        "optimizer": optimizer.state_dict(),
        **facts,
    }
    states.write(state, draft / _STATE)
    newest.put(draft, place)


def _restored(
    net: nn.Module, mean: nn.Module, optimizer: torch.optim.Optimizer, place: Path
) -> tuple[list[Row], dict[str, Tensor]]:
    """The course so far and the best weights, all put back as they were."""
    newest.tidy(place.parent)
    if not place.is_dir():
        return [], {}
    try:
        state = states.read(place / _STATE)
    except InputError as error:
        log.warning("%s; this lesson begins once more.", error)
        return [], {}
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    return state["course"], state["best"]
