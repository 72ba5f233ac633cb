"""Every parameter belongs to exactly one group, and learns as that one does."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.model.affect_models import SYSTEM, small
from torch import nn

from affectlens.foundation.errors import ConfigError
from affectlens.model import lora
from affectlens.model.declaration import Lora
from affectlens.training.groups import assign, decays, learners, settle
from affectlens.training.recipe import Group, Optimizer, groups

EVERYTHING = Group(match=("*",))


def trained_names(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_by_default_each_parameter_is_in_one_of_three_groups() -> None:
    model = small()
    found = assign(model, groups())
    names = [name for name, _ in model.named_parameters()]
    assert sorted(name for group in found.values() for name in group) == sorted(names)
    assert all(name.startswith("connectors.") for name in found["connectors"])
    assert all(".lora_" in name for name in found["lora"])
    assert found["connectors"]
    assert found["lora"]
    assert len(found["language"]) > 10


def test_parameters_in_no_group_are_named_and_counted() -> None:
    with pytest.raises(
        ConfigError, match=r"\d+ in none: language\..* and \d+ more.*connectors"
    ) as e:
        assign(small(), {"connectors": Group(match=("connectors.*",))})
    assert str(e.value).count("language.") == 10


def test_parameters_in_two_groups_are_named_with_both() -> None:
    two = {"all": EVERYTHING, "bridge": Group(match=("connectors.*",))}
    with pytest.raises(ConfigError, match=r"in several: connectors\.\S+ \(all, bridge\)"):
        assign(small(), two)


@pytest.mark.parametrize("kind", ["match", "but"])
def test_a_pattern_that_matches_nothing_is_an_error_with_what_is_near(kind: str) -> None:
    settings: dict[str, Any] = {"match": ("*",), kind: ("connectorz.*",)}
    with pytest.raises(ConfigError, match=rf"groups\.mine\.{kind} .*'connectorz.*connectors\.\*"):
        assign(small(), {"mine": Group(**settings)})


def test_a_system_without_streams_and_lora_fits_the_default_groups() -> None:
    layout = replace(SYSTEM.training, first=("{question}",))
    text = replace(SYSTEM, streams=(), lora=None, training=layout, generation=layout)
    found = assign(small(text), groups())
    assert not found["connectors"]
    assert not found["lora"]
    with pytest.raises(ConfigError, match="Nothing would learn"):
        settle(small(text), groups())


def test_only_groups_with_a_rate_learn() -> None:
    model = small()
    found = settle(model, {**groups(), "connectors": Group(match=("connectors.*",), rate=0.0)})
    assert trained_names(model) == set(found["lora"])


def test_what_learns_is_in_float32_and_the_rest_stays_in_sixteen_bits() -> None:
    model = small().to(torch.bfloat16)
    settle(model, groups())
    kinds = {(p.requires_grad, p.dtype) for p in model.parameters()}
    assert kinds == {(True, torch.float32), (False, torch.bfloat16)}


def test_an_adapter_that_is_not_in_use_does_not_learn() -> None:
    model = small()
    lora.add(model, Lora(rank=2, alpha=2, targets=("q_proj",)), "other")
    settle(model, groups())
    learning = {name for name in trained_names(model) if ".lora_" in name}
    assert learning
    assert all(".other." in name for name in learning)


def test_a_quantized_parameter_cannot_learn() -> None:
    model = small()
    head = model.language.lm_head
    head.weight = nn.Parameter(torch.zeros(4, 4, dtype=torch.uint8), requires_grad=False)
    with pytest.raises(ConfigError, match=r"lm_head\.weight is quantized"):
        settle(model, {"all": EVERYTHING})
    settle(model, groups())


def test_decay_is_for_matrices_that_are_no_bias_and_no_norm() -> None:
    model = small()
    every = {"all": replace(EVERYTHING, rate=0.5)}
    settle(model, every)
    decayed, spared = learners(model, every, Optimizer(decay=0.05))
    assert decayed["weight_decay"] == 0.05
    assert spared["weight_decay"] == 0.0
    assert {decayed["lr"], spared["lr"]} == {0.5}
    assert all(parameter.ndim >= 2 for _, parameter in decayed["params"])
    assert any("bias" in name for name, _ in spared["params"])
    assert any("norm" in name for name, _ in spared["params"])


NAMES = {
    "proj.weight": True,
    "kiln.weight": True,
    "ln_vision.weight": False,
    "x.bn.weight": False,
    "proj.bias": False,
    "q_norm.weight": False,
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_decay_by_names(name: str, expected: bool) -> None:
    assert decays(name, torch.zeros(2, 2)) is expected
    assert not decays(name, torch.zeros(2))


def test_a_group_may_have_a_decay_of_its_own() -> None:
    model = small()
    mine = {**groups(), "lora": replace(groups()["lora"], decay=0.0)}
    settle(model, mine)
    made = learners(model, mine, Optimizer(decay=0.1))
    assert {one["weight_decay"] for one in made if one["name"] == "lora"} == {0.0}
    assert {one["weight_decay"] for one in made if one["name"] == "connectors"} == {0.1, 0.0}
