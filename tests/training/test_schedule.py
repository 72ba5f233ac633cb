"""The published learning rates, to the last digit."""

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.training.schedule import WarmupCosine

STAGE_1 = WarmupCosine(peak=1e-5, last=1e-6, start=1e-6, warmup_steps=1000, steps=30_000)


@pytest.mark.parametrize(
    ("epoch", "step", "rate"),
    [
        (0, 0, 1e-6),
        (0, 500, 5.5e-6),
        (0, 999, 9.991e-6),
        (1, 0, 9.97534852915723e-6),
        (15, 0, 5.5e-6),
        (29, 999, 1.0000000246740108e-6),
    ],
)
def test_stage_one_learns_at_the_published_rates(epoch: int, step: int, rate: float) -> None:
    assert STAGE_1(epoch * 1000 + step) == pytest.approx(rate, rel=1e-12)


def test_stage_two_is_constant() -> None:
    constant = WarmupCosine(peak=1e-6, last=1e-6, start=1e-6, warmup_steps=1000, steps=30_000)
    assert {constant(step) for step in (0, 1, 999, 1000, 29_999)} == {1e-6}


@pytest.mark.parametrize(("warmup", "steps"), [(-1, 10), (11, 10), (0, 0)])
def test_a_schedule_that_cannot_be_is_refused(warmup: int, steps: int) -> None:
    with pytest.raises(ConfigError, match="warm-up"):
        WarmupCosine(peak=1.0, last=0.0, start=0.0, warmup_steps=warmup, steps=steps)
