"""What single connectors compute, held against numbers from elsewhere and worked by hand."""

# N samples, T rows, D width

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import configured, use
from affectlens.model.connector import GROUP, Connector
from affectlens.model.padded import Padded, pad


def built(name: str, widths: tuple[int, ...], width: int, **settings: Any) -> Connector:
    """A connector in double precision, without dropout."""
    module, config = configured(GROUP, use(name, **settings))
    connector: Connector = module.build(config, widths, width)
    return connector.double().eval()


def padded(*samples: Tensor) -> Padded:
    """Samples of rows, in double precision."""
    whole = pad([Features(one.float().numpy(), np.zeros(len(one))) for one in samples])
    for n, one in enumerate(samples):
        whole["values_NTD"] = whole["values_NTD"].double()
        whole["values_NTD"][n, : len(one)] = one
    return whole


def sine(layer: nn.Linear, seed: int) -> None:
    """The filling of specs/wheel_vectors.json."""
    out, wide = layer.weight.shape
    n_OI = torch.arange(out * wide, dtype=torch.float64).view(out, wide)
    layer.weight.data = torch.sin(0.7 * n_OI + seed)
    layer.bias.data = torch.cos(torch.arange(out, dtype=torch.float64) + seed)


def averages(connector: Connector) -> None:
    """Let a linear layer between equal widths hand on what it gets."""
    linear = connector.linear
    assert isinstance(linear, nn.Linear)
    linear.weight.data, linear.bias.data = (
        torch.eye(linear.out_features).double(),
        torch.zeros(linear.out_features).double(),
    )


def test_the_gated_pool_gives_the_numbers_of_affectgpt() -> None:
    connector = built("gated_pool", (6,), 5)
    assert isinstance(connector.gate, nn.Linear)
    assert isinstance(connector.linear, nn.Linear)
    sine(connector.gate, 1)
    sine(connector.linear, 2)
    video_NTD = torch.sin(0.3 * torch.arange(36, dtype=torch.float64)).view(2, 3, 6)
    token_ND = connector([padded(*video_NTD)])[:, 0]
    # specs/wheel_vectors.json, affectgpt_connectors.video_token
    expected_ND = torch.tensor(
        [
            [2.936535365234, 2.017263545162, -6.955005456677, 3.455027802083, 4.151939498513],
            [4.727257835305, 2.778192931261, -9.491835658371, 5.181515332552, 4.995911310762],
        ],
        dtype=torch.float64,
    )
    torch.testing.assert_close(token_ND, expected_ND, atol=1e-10, rtol=0)


def test_merge_linear_joins_rows_as_they_lie() -> None:
    connector = built("merge_linear", (2,), 8)
    averages(connector)
    rows_TD = torch.arange(16).double().view(8, 2)
    tokens_SD = connector([padded(rows_TD)])[0]
    assert tokens_SD.tolist() == [[*range(8)], [*range(8, 16)]]


@pytest.mark.parametrize("rows", [1, 3, 1023, 1025])
def test_merge_linear_takes_whole_groups_only(rows: int) -> None:
    with pytest.raises(InputError, match=f"groups of 4 rows, and {rows} rows"):
        built("merge_linear", (2,), 8).count([rows])


def test_pooled_linear_takes_the_mean() -> None:
    connector = built("pooled_linear", (2,), 2)
    averages(connector)
    tokens_NSD = connector([padded(torch.tensor([[1.0, 5.0], [3.0, 6.0]]), torch.ones(5, 2))])
    assert tokens_NSD.tolist() == [[[2.0, 5.5]], [[1.0, 1.0]]]


def test_mlp_has_as_many_layers_as_it_is_told_and_one_hidden_by_default() -> None:
    assert [p.shape for p in built("mlp", (3,), 5).parameters()] == [(5, 3), (5,), (5, 5), (5,)]
    layers = built("mlp", (3,), 5, hidden=(7, 8), activation="silu").layers
    assert isinstance(layers, nn.Sequential)
    assert [type(layer) for layer in layers] == [nn.Linear, nn.SiLU] * 2 + [nn.Linear]
    assert isinstance(built("mlp", (3,), 5, hidden=()).layers, nn.Sequential)
    assert len(list(built("mlp", (3,), 5, hidden=()).parameters())) == 2


def test_time_pool_averages_equal_shares_and_repeats_where_there_is_too_little() -> None:
    connector = built("time_pool", (1,), 1, steps=4)
    averages(connector)
    long_T1 = torch.arange(8).double()[:, None]
    tokens_NS1 = connector([padded(long_T1, torch.tensor([[3.0], [5.0]]))])
    assert tokens_NS1[..., 0].tolist() == [[0.5, 2.5, 4.5, 6.5], [3, 3, 5, 5]]


def test_time_pool_leaves_rows_that_are_averaged_already() -> None:
    connector = built("time_pool", (3,), 3)
    averages(connector)
    rows_TD = torch.randn(64, 3).double()
    torch.testing.assert_close(connector([padded(rows_TD)])[0], rows_TD)


def test_grid_pool_averages_blocks_of_each_picture() -> None:
    connector = built("grid_pool", (2,), 2)
    averages(connector)
    rows_TD = torch.randn(16 * 256, 2).double()
    tokens_SD = connector([padded(rows_TD)])[0]
    blocks = rows_TD.view(16, 2, 8, 2, 8, 2).mean((2, 4)).reshape(64, 2)
    torch.testing.assert_close(tokens_SD, blocks)


def test_grid_pool_repeats_a_still_picture_and_leaves_what_is_averaged_already() -> None:
    connector = built("grid_pool", (2,), 2)
    averages(connector)
    rows_TD, averaged_SD = torch.randn(256, 2).double(), torch.randn(64, 2).double()
    tokens_NSD = connector([padded(rows_TD, averaged_SD)])
    blocks = rows_TD.view(2, 8, 2, 8, 2).mean((1, 3)).reshape(4, 2)
    torch.testing.assert_close(tokens_NSD[0], blocks.repeat(16, 1))
    torch.testing.assert_close(tokens_NSD[1], averaged_SD)


@pytest.mark.parametrize("name", ["grid_pool", "conv_attention"])
def test_parts_of_pictures_are_not_averaged(name: str) -> None:
    widths = (2, 2, 2)[: 3 if name == "conv_attention" else 1]
    with pytest.raises(InputError, match="these are 300 rows"):
        built(name, widths, 8).count([1] * (len(widths) - 1) + [300])


def test_conv_attention_computes_what_the_paper_draws() -> None:
    torch.manual_seed(0)
    net = built("conv_attention", (3, 4, 5), 6)
    sound_SD, cls_SD, video_SD = (torch.randn(n, w).double() for n, w in ((64, 3), (1, 4), (64, 5)))
    given = [padded(sound_SD), padded(cls_SD), padded(video_SD)]
    weight = dict(net.named_parameters())

    def linear(name: str, x_SD: Tensor) -> Tensor:
        return x_SD @ weight[f"{name}.weight"].T + weight[f"{name}.bias"]

    def mlp(name: str, x_SD: Tensor) -> Tensor:
        return linear(f"{name}.3", linear(f"{name}.0", x_SD).relu()).relu()

    sources = (sound_SD, cls_SD.expand(64, 4), video_SD)
    prepared = [mlp(f"feats_prep.{i}", x_SD) for i, x_SD in enumerate(sources)]
    joined_SD = torch.cat(prepared, -1)
    gates_SM = linear("fc_att", mlp("attention_mlp", joined_SD))
    summed_SD = torch.stack([gates_SM[:, i, None] * prepared[i] for i in range(3)]).sum(0)
    x_DS = weight["conv_entry.weight"][..., 0] @ joined_SD.T + weight["conv_entry.bias"][:, None]
    for i in range(4):
        block = f"conv_module.conv_blocks.{i}.conv_block.0"
        seen_DS = functional.conv1d(x_DS, weight[f"{block}.weight"], padding=1)
        seen_DS = seen_DS + weight[f"{block}.bias"][:, None]
        x_DS = x_DS + seen_DS * seen_DS.sigmoid()
    expected_SD = linear("linear", linear("fc_final", summed_SD + x_DS.T))
    torch.testing.assert_close(net(given)[0], expected_SD, atol=1e-10, rtol=0)


@pytest.mark.parametrize(
    ("name", "widths", "message"),
    [
        ("merge_linear", (3, 3), "takes one source; the stream has 2"),
        ("qformer", (), "takes one source; the stream has 0"),
        ("conv_attention", (3,), "takes three sources"),
        ("gated_fusion", (3,), "joins two sources or more; the stream has 1"),
    ],
)
def test_a_stream_with_too_many_or_few_sources_is_refused(
    name: str, widths: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        built(name, widths, 4)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("merge_linear", {"group": 0}),
        ("time_pool", {"steps": 0}),
        ("grid_pool", {"pooled": 17}),
        ("grid_pool", {"frames": 0}),
        ("conv_attention", {"side": 0}),
        ("conv_attention", {"dropout": 1.0}),
        ("mlp", {"activation": "sine"}),
        ("mlp", {"hidden": (0,)}),
        ("qformer", {"hidden": 770}),
        ("qformer", {"queries": 0}),
        ("qformer", {"per_position": 0}),
        ("qformer", {"dropout": -0.1}),
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(
    name: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        configured(GROUP, use(name, **settings))
