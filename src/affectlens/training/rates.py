"""Learning rates at the optimizer: the schedule's, times each group's own."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from affectlens.training.recipe import Stage
from affectlens.training.schedule import WarmupCosine


def schedule_of(stage: Stage, steps: int) -> WarmupCosine:
    """The rates over a stage of so many steps.

    Raises:
        ConfigError: its warm-up is longer than the stage.
    """
    one = stage.schedule
    return WarmupCosine(
        peak=one.peak, last=one.last, start=one.start, warmup_steps=one.warmup_steps, steps=steps
    )


def scheduler(optimizer: Optimizer, schedule: WarmupCosine) -> LambdaLR:
    """Sets each group's rate, step by step; before, a group's lr is what it takes of the schedule.

    A group whose share is 1 gets the schedule's rate to the last bit.
    """
    return LambdaLR(optimizer, lambda step: schedule(step))
