"""The schedule's rates reach each group of the optimizer."""

import pytest
import torch
from torch import nn

from affectlens.foundation.errors import ConfigError
from affectlens.training.rates import schedule_of, scheduler
from affectlens.training.recipe import Schedule, Stage

STAGE_1 = Stage(schedule=Schedule(peak=1e-5, last=1e-6, start=1e-6, warmup_steps=1000))
GOLDEN = {
    0: 1e-6,
    500: 5.5e-6,
    999: 9.991e-6,
    1000: 9.97534852915723e-6,
    15_000: 5.5e-6,
    29_999: 1.0000000246740108e-6,
}


def test_the_published_rates_are_those_of_the_optimizer_at_every_step() -> None:
    plain, tenth = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    groups = [{"params": [plain], "lr": 1.0}, {"params": [tenth], "lr": 0.1}]
    optimizer = torch.optim.SGD(groups)
    schedule = schedule_of(STAGE_1, 30_000)
    rates = scheduler(optimizer, schedule)
    for step in range(30_000):
        lr = optimizer.param_groups[0]["lr"]
        assert lr == schedule(step)
        if step in GOLDEN:
            assert lr == pytest.approx(GOLDEN[step], rel=1e-15)
            assert optimizer.param_groups[1]["lr"] == pytest.approx(GOLDEN[step] / 10, rel=1e-15)
        optimizer.step()
        rates.step()


def test_a_peak_that_is_also_the_last_rate_stays() -> None:
    schedule = schedule_of(Stage(schedule=Schedule(peak=1e-5, last=1e-5)), 50)
    assert {schedule(step) for step in range(50)} == {1e-5}


def test_its_state_is_plain_numbers() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    state = scheduler(optimizer, schedule_of(Stage(), 5)).state_dict()
    assert state["lr_lambdas"] == [None]


def test_a_warm_up_longer_than_the_stage_is_refused() -> None:
    with pytest.raises(ConfigError, match="warm-up"):
        schedule_of(STAGE_1, 999)
