"""Strict loading: what does not fit is listed."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from affectlens.encoders import loading
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu")


def empty() -> nn.Linear:
    with torch.device("meta"):
        return nn.Linear(3, 2)


def test_a_net_gets_its_weights_in_the_precision_of_the_place_and_is_frozen(tmp_path: Path) -> None:
    weight = torch.arange(6, dtype=torch.float16).reshape(2, 3)
    save_file({"weight": weight, "head.x": torch.zeros(1)}, tmp_path / "a.safetensors")
    save_file({"bias": torch.ones(2)}, tmp_path / "b.safetensors")
    net = empty()
    loading.put(net, loading.tensors(tmp_path), source="it", place=CPU, spare=r"head\.")
    assert net.weight.dtype == torch.float32
    assert torch.equal(net.weight, weight.float())
    assert not net.training
    assert not net.weight.requires_grad


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weight": torch.ones(2, 3)}, "1 missing: bias"),
        (
            {"weight": torch.ones(2, 3), "bias": torch.ones(2), "scale": torch.ones(1)},
            "1 left over: scale",
        ),
        (
            {"weight": torch.ones(3, 2), "bias": torch.ones(2)},
            r"1 of another shape: weight \[3, 2\] instead of \[2, 3\]",
        ),
    ],
)
def test_what_is_missing_left_over_or_misshapen_is_listed(
    given: dict[str, torch.Tensor], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        loading.put(empty(), given, source="it", place=CPU)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match=r"model\.safetensors"):
        loading.tensors(tmp_path)


def test_layers_that_a_net_has_not_are_refused() -> None:
    loading.check_layers("it", 2, (-3, 2))
    for layer in (3, -4):
        with pytest.raises(ConfigError, match=f"asks for {layer}"):
            loading.check_layers("it", 2, (layer,))


def test_a_drawn_net_is_frozen_where_it_shall_be_and_its_sizes_are_its_fingerprint() -> None:
    nets = [nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(2, 3)]
    marks = [loading.draw(net, Place(device="cpu", precision="bfloat16")) for net in nets]
    assert marks[0] == marks[1] != marks[2]
    assert torch.equal(nets[0].weight, nets[1].weight)
    assert nets[0].weight.dtype == torch.bfloat16
    assert not nets[0].weight.requires_grad
