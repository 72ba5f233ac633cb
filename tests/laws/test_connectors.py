"""What every connector must keep, whichever it is."""

# N samples, T rows, S tokens, D width

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from affectlens.foundation import plugins
from affectlens.foundation.part import configured, use
from affectlens.model.connector import GROUP, Connector
from affectlens.model.padded import Padded

NAMES = plugins.names(GROUP)
WIDTH = 12


@dataclass(frozen=True, kw_only=True)
class Case:
    """A small connector, and the lengths of its sources in samples that go into one batch."""

    widths: tuple[int, ...]
    lengths: tuple[tuple[int, ...], ...]
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)


ROWS = ((5,), (1,), (8,), (3,))
CASES = {
    "attended": Case(
        widths=(6,), lengths=ROWS, settings={"dropout": 0.0, "entry_dropout": 0.0, "hidden": 8},
    ),
    "conv_attention": Case(
        widths=(6, 7, 5),
        lengths=((3, 1, 32), (20, 1, 16), (1, 1, 64)),
        settings={"side": 4, "frames": 3},
    ),
    "gated_fusion": Case(widths=(6, 7), lengths=((5, 2), (1, 1), (3, 8))),
    "gated_pool": Case(widths=(6,), lengths=ROWS),
    "grid_pool": Case(
        widths=(5,), lengths=((32,), (16,), (64,), (12,)), settings={"side": 4, "frames": 3}
    ),
    "merge_linear": Case(widths=(6,), lengths=((8,), (4,), (12,))),
    "mlp": Case(widths=(6,), lengths=ROWS),
    "pooled_linear": Case(widths=(6,), lengths=ROWS),
    "qformer": Case(
        widths=(6,),
        lengths=ROWS,
        settings={
            "queries": 4, "layers": 3, "hidden": 8, "heads": 2, "intermediate": 16, "positions": 8
        },
    ),
    "segment_qformer": Case(
        widths=(24, 16, 2),
        lengths=((8, 5, 3), (2, 3, 1), (4, 1, 2)),
        settings={
            "queries": 3, "frame_layers": 2, "layers": 1, "hidden": 64, "heads": 2,
            "intermediate": 16, "per_frame": 2, "frames": 4, "near_s": 1.5, "gate": 0.5,
        },
    ),
    "stats": Case(widths=(6,), lengths=ROWS, settings={"dropout": 0.0, "tokens": 3}),
    "time_pool": Case(widths=(6,), lengths=ROWS, settings={"steps": 4}),
    "trajectory": Case(widths=(6,), lengths=ROWS, settings={"dropout": 0.0, "hidden": 8}),
}  # fmt: skip
LAYER = tuple(
    f"{part}.{kind}"
    for part in (
        "attention.attention.key", "attention.attention.query", "attention.attention.value",
        "attention.output.LayerNorm", "attention.output.dense", "intermediate_query.dense",
        "output_query.LayerNorm", "output_query.dense",
    )
    for kind in ("weight", "bias")
)  # fmt: skip
QFORMER = (
    "queries", "net.layernorm.weight", "net.layernorm.bias",
    *(f"net.encoder.layer.{{}}.{name}" for name in LAYER),
    *(f"net.encoder.layer.{{}}.cross{name}" for name in LAYER[:10]),
)  # fmt: skip
LINEAR = ("linear.weight", "linear.bias")
STANDARD = ("standard.mean_PD", "standard.deviation_PD", "standard.seen")
OVER_TIME = (
    *STANDARD, "entry.weight", "entry.bias", "layers.{}.norm.weight", "layers.{}.norm.bias",
    "layers.{}.over_time.weight", "layers.{}.over_time.bias", "layers.{}.across.weight",
    "layers.{}.across.bias", "linears.{}.weight", "linears.{}.bias", "norm.weight",
)  # fmt: skip
# Names of the tensors of a default connector, which files of weights rely on; {} is a number.
KEYS: dict[str, tuple[str, ...]] = {
    "attended": (*OVER_TIME, "heads.weight", "heads.bias"),
    "conv_attention": (
        "attention_mlp.{}.weight", "attention_mlp.{}.bias",
        "conv_entry.weight", "conv_entry.bias",
        "conv_module.conv_blocks.{}.conv_block.{}.weight",
        "conv_module.conv_blocks.{}.conv_block.{}.bias",
        "fc_att.weight", "fc_att.bias", "fc_final.weight", "fc_final.bias",
        "feats_prep.{}.{}.weight", "feats_prep.{}.{}.bias", *LINEAR,
    ),
    "gated_fusion": (
        "embs.{}.weight", "embs.{}.bias", "attention_mlp.weight", "attention_mlp.bias",
        "fc_att.weight", "fc_att.bias", *LINEAR,
    ),
    "gated_pool": ("gate.weight", "gate.bias", *LINEAR),
    "grid_pool": LINEAR,
    "merge_linear": LINEAR,
    "mlp": ("layers.{}.weight", "layers.{}.bias"),
    "pooled_linear": LINEAR,
    "qformer": (*(f"qformer.{name}" for name in QFORMER), *LINEAR),
    "segment_qformer": (
        *(f"{net}.{name}" for net in ("qformer", "segments") for name in QFORMER),
        "closer.in_proj_weight", "closer.in_proj_bias", "closer.out_proj.weight",
        "closer.out_proj.bias", "face.weight", "face.bias", "gate", "norm_face.weight",
        "norm_face.bias", "norm_frame.weight", "norm_frame.bias", "positions.weight",
        "when.weight", "when.bias", *LINEAR,
    ),
    "stats": (*STANDARD, "score.weight", "linears.{}.weight", "linears.{}.bias", "norm.weight"),
    "time_pool": LINEAR,
    "trajectory": OVER_TIME,
}  # fmt: skip
TENSORS = {
    "attended": 30,
    "conv_attention": 32,
    "gated_fusion": 10,
    "mlp": 4,
    "qformer": 257,
    "segment_qformer": 326,
    "stats": 9,
    "trajectory": 22,
}


def built(name: str, *, training: bool = False) -> Connector:
    """The case's connector with weights of its own, the same each time."""
    torch.manual_seed(0)
    module, config = configured(GROUP, use(name, **CASES[name].settings))
    connector: Connector = module.build(config, CASES[name].widths, WIDTH)
    return connector.train(training)


def batch(name: str, samples: Sequence[int], *, padding: float = 0.0) -> list[Padded]:
    """Some samples of the case, each the same in every batch; `padding` stands behind the rows."""
    case, sources = CASES[name], []
    for i, width in enumerate(case.widths):
        lengths_N = torch.tensor([case.lengths[n][i] for n in samples])
        longest = int(lengths_N.max())
        values_NTD = torch.full((len(samples), longest, width), padding)
        times_NT = torch.zeros(len(samples), longest)
        for row, n in enumerate(samples):
            length = int(lengths_N[row])
            chance = torch.Generator().manual_seed(100 * n + i)
            values_NTD[row, :length] = torch.randn(length, width, generator=chance)
            times_NT[row, :length] = torch.arange(length)
        sources.append(Padded(values_NTD=values_NTD, times_NT=times_NT, lengths_N=lengths_N))
    return sources


def tokens_of(name: str, connector: Connector, n: int) -> Tensor:
    """What one sample gives by itself."""
    tokens_NSD: Tensor = connector(batch(name, [n]))
    return tokens_NSD[0]


def test_every_connector_has_a_case() -> None:
    assert list(CASES) == NAMES
    assert list(KEYS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_can_be_set_by_a_frozen_keyword_only_config_with_defaults(name: str) -> None:
    made = plugins.load(GROUP, name).Config()
    for field in dataclasses.fields(made):
        assert field.kw_only
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


@pytest.mark.parametrize("name", NAMES)
def test_count_is_what_forward_gives(name: str) -> None:
    connector = built(name)
    for n, lengths in enumerate(CASES[name].lengths):
        assert tokens_of(name, connector, n).shape == (connector.count(lengths), WIDTH)


@pytest.mark.parametrize("name", NAMES)
def test_count_needs_no_weights(name: str) -> None:
    with torch.device("meta"):
        connector = built(name)
    assert {parameter.device.type for parameter in connector.parameters()} == {"meta"}
    for lengths in CASES[name].lengths:
        assert connector.count(lengths) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_same_alone_and_in_a_batch_of_other_lengths(name: str) -> None:
    connector, case = built(name), CASES[name]
    samples = range(len(case.lengths))
    together_NSD = connector(batch(name, samples, padding=1e3))
    counts = [connector.count(lengths) for lengths in case.lengths]
    assert together_NSD.shape == (len(counts), max(counts), WIDTH)
    for n in samples:
        alone_SD = tokens_of(name, connector, n)
        torch.testing.assert_close(together_NSD[n, : counts[n]], alone_SD, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_padded_token_is_finite(name: str) -> None:
    tokens_NSD = built(name)(batch(name, range(len(CASES[name].lengths))))
    assert torch.isfinite(tokens_NSD).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_source_says_changes_the_tokens(name: str) -> None:
    connector, inputs = built(name), batch(name, [0])
    before_NSD = connector(inputs)
    for source in inputs:
        source["values_NTD"][:, -1] += 1
        after_NSD = connector(inputs)
        assert (after_NSD - before_NSD).abs().max() > 1e-5
        before_NSD = after_NSD


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter(name: str) -> None:
    connector = built(name, training=True)
    connector(batch(name, range(len(CASES[name].lengths)))).square().sum().backward()
    for key, parameter in connector.named_parameters():
        assert parameter.grad is not None, key
        assert key.endswith("key.bias") or parameter.grad.abs().max() > 0, key


@pytest.mark.parametrize("name", NAMES)
def test_the_same_in_half_precision_but_for_rounding(name: str) -> None:
    connector, inputs = built(name), batch(name, range(len(CASES[name].lengths)))
    exact_NSD = connector(inputs)
    for source in inputs:
        source["values_NTD"] = source["values_NTD"].bfloat16()
    rounded_NSD = connector.bfloat16()(inputs)
    assert rounded_NSD.dtype == torch.bfloat16
    torch.testing.assert_close(rounded_NSD.float(), exact_NSD, atol=0.1, rtol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tensors_stay(name: str) -> None:
    module = plugins.load(GROUP, name)
    with torch.device("meta"):
        connector = module.build(module.Config(), CASES[name].widths, WIDTH)
    keys = list(connector.state_dict())
    assert {re.sub(r"\b\d+\b", "{}", key) for key in keys} == set(KEYS[name])
    assert len(keys) == TENSORS.get(name, len(KEYS[name]))


@pytest.mark.parametrize("name", [n for n in NAMES if hasattr(plugins.load(GROUP, n), "tiny")])
def test_a_tiny_one_is_of_the_same_kind_and_small(name: str) -> None:
    module = plugins.load(GROUP, name)
    made = module.tiny(module.Config())
    connector = module.build(made, CASES[name].widths, WIDTH)
    assert sum(parameter.numel() for parameter in connector.parameters()) < 1_000_000
