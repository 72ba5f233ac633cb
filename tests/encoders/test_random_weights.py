"""Random weights: the same everywhere, by name."""

import pytest
import torch
from torch import nn

from affectlens.encoders.random_weights import fill


def test_the_numbers_are_those_of_every_other_machine() -> None:
    net = nn.Linear(3, 2)
    fill(net)
    assert net.weight.tolist() == [
        [0.7581357955932617, 0.443739652633667, -0.9444448947906494],
        [-0.18146979808807373, 0.9089829921722412, -0.7181718349456787],
    ]


def test_a_parameter_depends_on_its_name_and_the_seed_alone() -> None:
    small = nn.ModuleDict({"a": nn.Linear(4, 4)})
    large = nn.ModuleDict({"b": nn.Linear(4, 4), "a": nn.Linear(4, 4)})
    for net in (small, large):
        fill(net)
    first = small.state_dict()["a.weight"]
    assert torch.equal(first, large.state_dict()["a.weight"])
    assert not torch.equal(first, large.state_dict()["b.weight"])
    fill(large, seed=1)
    assert not torch.equal(first, large.state_dict()["a.weight"])


def test_norms_do_nothing_and_signals_keep_their_size() -> None:
    line, norm = nn.Linear(64, 256), nn.LayerNorm(256)
    fill(nn.Sequential(line, norm))
    assert torch.equal(norm.weight, torch.ones(256))
    assert torch.equal(norm.bias, torch.zeros(256))
    assert line.weight.std().item() == pytest.approx(64**-0.5, rel=0.05)
