"""The connectors of small systems: what tokens are made of, how large they are, what is refused."""

# N samples, T rows, S tokens, D width

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import configured, use
from affectlens.model.connector import GROUP, Connector
from affectlens.model.padded import Padded, pad

SMALL = ("attended", "stats", "trajectory")


def built(name: str, source_width: int, width: int, **settings: Any) -> Connector:
    torch.manual_seed(0)
    module, config = configured(GROUP, use(name, **settings))
    connector: Connector = module.build(config, (source_width,), width)
    return connector.eval()


def padded(*samples: Tensor) -> Padded:
    return pad([Features(one.numpy(), np.arange(len(one), dtype=np.float64)) for one in samples])


def chance(rows: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn((rows, width), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", SMALL)
def test_tokens_are_as_large_as_words_however_large_the_features(name: str) -> None:
    connector = built(name, 20, 64, size=0.125)
    for times in (0.01, 1, 1000):
        tokens_SD = connector([padded(chance(3, 20) * times + times)])[0]
        sizes_S = tokens_SD.square().mean(1).sqrt()
        assert sizes_S.tolist() == pytest.approx([0.125] * len(sizes_S), rel=1e-2)


@pytest.mark.parametrize("name", SMALL)
def test_one_sample_alone_can_be_learned_from(name: str) -> None:
    """The first has no deviation yet; the second has."""
    connector = built(name, 6, 8).train()
    for seed in range(2):
        connector([padded(chance(3, 6, seed))]).sum().backward()
    for key, parameter in connector.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


@pytest.mark.parametrize("name", SMALL)
def test_a_frozen_connector_keeps_what_it_saw(name: str) -> None:
    connector = built(name, 6, 8).train().requires_grad_(requires_grad=False)
    before = {key: value.clone() for key, value in connector.state_dict().items()}
    connector([padded(chance(3, 6))])
    assert all(torch.equal(value, before[key]) for key, value in connector.state_dict().items())


@pytest.mark.parametrize("name", SMALL)
def test_without_standardising_features_are_taken_as_they_are(name: str) -> None:
    connector = built(name, 6, 8, standardise=False)
    assert not list(connector.buffers())
    assert connector([padded(chance(3, 6))]).shape[-1] == 8


@pytest.mark.parametrize("name", SMALL)
def test_dropout_is_for_training_alone(name: str) -> None:
    connector, rows = built(name, 6, 8, dropout=0.5), [padded(chance(3, 6))]
    assert torch.equal(connector(rows), connector(rows))
    connector.train().requires_grad_(requires_grad=False)
    assert not torch.equal(connector(rows), connector(rows))


@pytest.mark.parametrize(
    ("name", "source_width", "settings"),
    [
        ("attended", 1536, {}),
        ("stats", 256, {"tokens": 3}),
        ("trajectory", 158, {}),
    ],
)
def test_they_are_small_before_a_language_model_576_wide(
    name: str, source_width: int, settings: dict[str, Any]
) -> None:
    connector = built(name, source_width, 576, **settings)
    assert sum(parameter.numel() for parameter in connector.parameters()) < 1_000_000


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, wrong) for name in SMALL for wrong in ({"dropout": 1.0}, {"size": 0.0})),
        ("attended", {"tokens": 1}),
        ("attended", {"hidden": 0}),
        ("stats", {"tokens": 4}),
        ("trajectory", {"tokens": 3}),
        ("trajectory", {"hidden": 0}),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=name):
        built(name, 6, 8, **settings)


def identity(connector: Connector) -> None:
    """Let linear layers hand on what they get, and tokens keep their size."""
    for linear in connector.get_submodule("linears").children():
        assert isinstance(linear, nn.Linear)
        nn.init.eye_(linear.weight)
        nn.init.zeros_(linear.bias)
    connector.norm = nn.Identity()


def test_stats_gives_mean_the_most_telling_and_deviation() -> None:
    connector = built("stats", 4, 4, tokens=3, standardise=False)
    identity(connector)
    with torch.no_grad():
        connector.get_submodule("score").weight.copy_(torch.tensor([[50.0, 0, 0, 0]]))  # type: ignore[operator]
    rows_TD = chance(5, 4)
    mean_D, telling_D, deviation_D = connector([padded(rows_TD, chance(9, 4, seed=1))])[0]
    torch.testing.assert_close(mean_D, rows_TD.mean(0))
    torch.testing.assert_close(telling_D, rows_TD[rows_TD[:, 0].argmax()], atol=1e-2, rtol=0)
    torch.testing.assert_close(deviation_D, rows_TD.std(0, correction=0))


def test_trajectory_sees_in_which_order_rows_come() -> None:
    connector, rows_TD = built("trajectory", 6, 8), chance(16, 6)
    forth, back = connector([padded(rows_TD)]), connector([padded(rows_TD.flip(0))])
    assert (forth - back).abs().max() > 1e-4
