"""The Q-Former reads real rows only, and knows places when told to."""

# T rows, D width

import pytest
import torch
from torch import Tensor

from affectlens.foundation.errors import InputError
from affectlens.model.connectors import qformer
from affectlens.model.connectors.qformer import Config, QFormerConnector
from affectlens.model.padded import Padded
from affectlens.model.qformer_net import QFormer, Shape


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


def test_it_has_the_size_that_the_papers_state() -> None:
    """BLIP-2's and the video Q-Former of specs/fbp-microemo-dfer.md B.2.1."""
    with torch.device("meta"):
        video = QFormer(Shape(layers=2, every=1), 768)
        assert sum(p.numel() for p in video.parameters()) == 18_903_552 + 1_536 + 24_576
        assert len(QFormer(Shape(), 1408).state_dict()) == 255
