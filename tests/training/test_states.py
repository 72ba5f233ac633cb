"""What a run goes on from comes back exactly as it was, without pickle."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from affectlens.foundation.errors import InputError
from affectlens.training import states

CPU = torch.device("cpu")


def drawn() -> tuple[float, float, float, float]:
    return random.random(), np.random.rand(), np.random.randn(), float(torch.rand(()))  # noqa: S311, NPY002


def test_numbers_tuples_keys_and_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    state = {
        "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.randn(2, 3).bfloat16().T}},
        "param_groups": [{"lr": 0.1 + 0.2, "betas": (0.9, 0.999), "params": [0], "fused": None}],
        "tensor": {"dict": "names that the format uses itself"},
        "scale": 2.0**-1074,
    }
    states.write(state, tmp_path / "state")
    found = states.read(tmp_path / "state")
    exp_avg = found["state"][0].pop("exp_avg")
    assert exp_avg.dtype == torch.bfloat16
    assert torch.equal(exp_avg, state["state"][0].pop("exp_avg"))  # type: ignore[index]
    assert found == state


def test_an_optimizer_goes_on_as_if_it_had_not_been_written(tmp_path: Path) -> None:
    def made() -> tuple[torch.nn.Parameter, torch.optim.Optimizer]:
        weight = torch.nn.Parameter(torch.linspace(-1, 1, 5))
        return weight, torch.optim.AdamW([weight], lr=0.1)

    weight, optimizer = made()
    other, second = made()
    for step in range(4):
        optimizer.zero_grad()
        weight.grad = 4 * weight.detach() ** 3
        optimizer.step()
        if step == 1:
            states.write(optimizer.state_dict(), tmp_path / "optimizer")
            other.data.copy_(weight)
            second.load_state_dict(states.read(tmp_path / "optimizer"))
        if step > 1:
            second.zero_grad()
            other.grad = 4 * other.detach() ** 3
            second.step()
    assert torch.equal(weight, other)


def test_chance_goes_on_where_it_stood(tmp_path: Path) -> None:
    np.random.randn()  # noqa: NPY002 - NumPy keeps the second number of a pair for later
    states.write(states.chance(CPU), tmp_path / "chance")
    wanted = drawn()
    drawn()
    states.set_chance(states.read(tmp_path / "chance"), CPU)
    assert drawn() == wanted


def test_what_is_drawn_meanwhile_changes_nothing_even_where_it_fails() -> None:
    before = states.chance(CPU)
    with pytest.raises(ZeroDivisionError), states.undisturbed(CPU):
        drawn()[0] / 0
    after = states.chance(CPU)
    assert torch.equal(before.pop("torch"), after.pop("torch"))
    assert before == after


def test_what_json_cannot_hold_is_refused_and_not_pickled(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex"):
        states.write({"number": 1j}, tmp_path / "state")


@pytest.mark.parametrize("text", ["", "[1", '{"tensor": "5"}'])
def test_a_damaged_state_is_told_by_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(InputError, match="state, state of a training run"):
        states.read(tmp_path / "state")
