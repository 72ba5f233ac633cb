"""Learning rates over the steps of a training run."""

import math
from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmupCosine:
    """Linear from `start` to `peak` over the warm-up, then along half a cosine down to `last`.

    Emotion-LLaMA's `linear_warmup_cosine_lr` (specs/emotion-llama.md §5.1): the cosine is that of
    all steps, so the rate drops by a hair where the warm-up ends. The released code counts the
    warm-up's steps within an epoch, which is the same as long as it is one epoch long.
    """

    peak: float
    last: float
    start: float
    warmup_steps: int
    steps: int

    def __post_init__(self) -> None:
        if not 0 <= self.warmup_steps <= self.steps or self.steps < 1:
            raise ConfigError(
                f"A schedule has one step or more, its warm-up no more than that; got {self.steps} "
                f"and {self.warmup_steps}."
            )

    def __call__(self, step: int) -> float:
        """The rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.start + (self.peak - self.start) * step / self.warmup_steps
        share = min(step, self.steps) / self.steps
        return self.last + (self.peak - self.last) * 0.5 * (1 + math.cos(math.pi * share))
