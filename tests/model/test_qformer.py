"""The Q-Former reads real rows only, knows places when told to, and takes BLIP-2's weights."""

# N samples, T rows, H hidden width

import pytest
import torch
from torch import Tensor

from affectlens.foundation.errors import InputError
from affectlens.model.connectors import qformer
from affectlens.model.connectors.qformer import Config, QFormerConnector
from affectlens.model.padded import Padded
from affectlens.model.qformer_net import QFormer, Shape, load_original

SMALL = Shape(queries=3, layers=4, hidden=8, heads=2, intermediate=16)


def small(**settings: int) -> QFormerConnector:
    """A connector of three queries over rows 5 wide."""
    torch.manual_seed(0)
    sizes = {"queries": 3, "layers": 2, "hidden": 8, "heads": 2, "intermediate": 16, "every": 1}
    connector = qformer.build(Config(**{**sizes, **settings}), (5,), 4).eval()
    for parameter in connector.qformer.net.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)  # else it hardly hears the rows
    return connector


def rows(values_TD: Tensor) -> list[Padded]:
    """One sample."""
    length = len(values_TD)
    return [
        Padded(
            values_NTD=values_TD[None],
            times_NT=torch.zeros(1, length),
            lengths_N=torch.tensor([length]),
        )
    ]


def original(shape: Shape, width: int, *, prefix: str = "Qformer") -> dict[str, Tensor]:
    """Made-up weights under the names of `blip2_pretrained_flant5xxl.pth`."""
    made: dict[str, tuple[int, ...]] = {}

    def linear(name: str, wide: int, out: int) -> None:
        made.update({f"{name}.weight": (out, wide), f"{name}.bias": (out,)})

    def norm(name: str) -> None:
        made.update({f"{name}.weight": (shape.hidden,), f"{name}.bias": (shape.hidden,)})

    def attention(name: str, wide: int) -> None:
        linear(f"{name}.self.query", shape.hidden, shape.hidden)
        linear(f"{name}.self.key", wide, shape.hidden)
        linear(f"{name}.self.value", wide, shape.hidden)
        linear(f"{name}.output.dense", shape.hidden, shape.hidden)
        norm(f"{name}.output.LayerNorm")

    norm(f"{prefix}.bert.embeddings.LayerNorm")
    for i in range(shape.layers):
        layer = f"{prefix}.bert.encoder.layer.{i}"
        attention(f"{layer}.attention", shape.hidden)
        if i % shape.every == 0:
            attention(f"{layer}.crossattention", width)
        linear(f"{layer}.intermediate_query.dense", shape.hidden, shape.intermediate)
        linear(f"{layer}.output_query.dense", shape.intermediate, shape.hidden)
        norm(f"{layer}.output_query.LayerNorm")
    made["query_tokens"] = (1, shape.queries, shape.hidden)
    chance = torch.Generator().manual_seed(7)
    return {name: torch.randn(size, generator=chance) for name, size in made.items()}


def test_without_positions_the_order_of_rows_says_nothing() -> None:
    connector, values_TD = small(), torch.randn(6, 5)
    tokens_NSD = connector(rows(values_TD))
    torch.testing.assert_close(connector(rows(values_TD.flip(0))), tokens_NSD, atol=1e-5, rtol=0)


def test_with_positions_it_does() -> None:
    connector, values_TD = small(positions=6), torch.randn(6, 5)
    tokens_NSD = connector(rows(values_TD))
    assert (connector(rows(values_TD.flip(0))) - tokens_NSD).abs().max() > 1e-3


def test_rows_of_one_picture_share_their_place() -> None:
    connector, values_TD = small(positions=2, per_position=3), torch.randn(6, 5)
    tokens_NSD = connector(rows(values_TD))
    within_TD = values_TD[[2, 0, 1, 4, 5, 3]]
    torch.testing.assert_close(connector(rows(within_TD)), tokens_NSD, atol=1e-5, rtol=0)
    across_TD = values_TD[[3, 1, 2, 0, 4, 5]]
    assert (connector(rows(across_TD)) - tokens_NSD).abs().max() > 1e-3


def test_more_rows_than_places_are_refused_before_any_weight() -> None:
    connector = small(positions=2, per_position=3)
    assert connector.count([6]) == 3
    with pytest.raises(InputError, match="places for 6 rows; got 7"):
        connector.count([7])
    assert small().count([1000]) == 3


@pytest.mark.parametrize(("layers", "every"), [(4, 2), (2, 1)])
def test_the_weights_of_blip_2_load_by_their_names(layers: int, every: int) -> None:
    shape = Shape(queries=3, layers=layers, hidden=8, heads=2, intermediate=16, every=every)
    net, file = QFormer(shape, 5), original(shape, 5)
    load_original(net, file | {"ln_vision.weight": torch.ones(5), "t5_proj.bias": torch.ones(2)})
    now = net.state_dict()
    assert len(now) == len(file)
    layer, bert = "net.encoder.layer.0", "Qformer.bert.encoder.layer.0"
    for ours, theirs in {
        "queries": "query_tokens",
        "net.layernorm.bias": "Qformer.bert.embeddings.LayerNorm.bias",
        f"{layer}.attention.attention.key.weight": f"{bert}.attention.self.key.weight",
        f"{layer}.crossattention.attention.value.bias": f"{bert}.crossattention.self.value.bias",
        f"{layer}.crossattention.output.dense.weight": f"{bert}.crossattention.output.dense.weight",
        f"{layer}.output_query.LayerNorm.weight": f"{bert}.output_query.LayerNorm.weight",
    }.items():
        torch.testing.assert_close(now[ours], file[theirs], rtol=0, atol=0)


def test_the_half_that_reads_text_is_left_out() -> None:
    text = ("cls.predictions.bias", "bert.embeddings.position_ids",
            "bert.embeddings.word_embeddings.weight", "bert.embeddings.position_embeddings.weight",
            "bert.encoder.layer.0.intermediate.dense.weight",
            "bert.encoder.layer.3.output.LayerNorm.bias")  # fmt: skip
    file = original(SMALL, 5) | {f"Qformer.{name}": torch.ones(1) for name in text}
    load_original(QFormer(SMALL, 5), file)


def test_the_weights_of_video_llama_load_by_theirs() -> None:
    file = original(SMALL, 5, prefix="video_Qformer")
    file["video_query_tokens"] = file.pop("query_tokens")
    net = QFormer(SMALL, 5)
    load_original(net, file, prefix="video_Qformer.", queries="video_query_tokens")
    torch.testing.assert_close(net.queries.data, file["video_query_tokens"])


def test_weights_that_do_not_fit_are_all_listed_and_change_nothing() -> None:
    net, file = QFormer(SMALL, 5), original(SMALL, 5)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    del file["query_tokens"]
    file["Qformer.bert.encoder.layer.1.crossattention.self.key.weight"] = torch.ones(8, 5)
    file["Qformer.bert.encoder.layer.2.crossattention.self.key.weight"] = torch.ones(8, 6)
    with pytest.raises(InputError) as told:
        load_original(net, file)
    message = str(told.value)
    assert "queries is missing" in message
    assert "layer.1.crossattention.attention.key.weight is left over" in message
    assert "(8, 6), wanted (8, 5)" in message
    assert message.count("; ") == 2
    for name, tensor in net.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_it_has_the_size_that_the_papers_state() -> None:
    """BLIP-2's and the video Q-Former of specs/fbp-microemo-dfer.md B.2.1."""
    with torch.device("meta"):
        video = QFormer(Shape(layers=2, every=1), 768)
        assert sum(p.numel() for p in video.parameters()) == 18_903_552 + 1_536 + 24_576
        assert len(QFormer(Shape(), 1408).state_dict()) == 255
