"""`Standard`: exact statistics of what was seen, the same alone as in a batch, kept in float32."""

# N samples, R rows, D width

import copy

import pytest
import torch
from torch import Tensor

from affectlens.model.standard import Standard


def real(values_NRD: Tensor, *lengths: int) -> Tensor:
    rows = torch.tensor(lengths or [values_NRD.shape[1]] * len(values_NRD))
    return torch.arange(values_NRD.shape[1]) < rows[:, None]


def shown(standard: Standard, values_NRD: Tensor, *lengths: int, learns: bool = True) -> Tensor:
    found_NRD: Tensor = standard(values_NRD, real(values_NRD, *lengths), learns=learns)
    return found_NRD


def chance(*shape: int, seed: int = 0) -> Tensor:
    return 3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 5


@pytest.mark.parametrize("sizes", [(1,) * 12, (3, 4, 5), (12,)])
def test_what_was_seen_in_batches_of_any_size_counts_alike(sizes: tuple[int, ...]) -> None:
    standard, values_NRD = Standard(4, 3), chance(12, 3, 4)
    for batch_NRD in torch.split_with_sizes(values_NRD, sizes):
        shown(standard, batch_NRD)
    torch.testing.assert_close(standard.mean_PD, values_NRD.mean(0))
    torch.testing.assert_close(standard.deviation_PD, values_NRD.std(0, correction=0))
    found_NRD = shown(standard.eval(), values_NRD)
    torch.testing.assert_close(found_NRD.mean(0), torch.zeros(3, 4), atol=1e-5, rtol=0)


def test_rows_of_one_place_count_each_and_padding_not_at_all() -> None:
    standard, values_NRD = Standard(4), chance(2, 5, 4)
    values_NRD[1, 2:] = 1e4
    found_NRD = shown(standard, values_NRD, 5, 2)
    rows_RD = torch.cat([values_NRD[0], values_NRD[1, :2]])
    torch.testing.assert_close(standard.mean_PD[0], rows_RD.mean(0))
    torch.testing.assert_close(standard.deviation_PD[0], rows_RD.std(0, correction=0))
    assert not found_NRD[1, 2:].any()


def test_in_training_too_a_sample_is_the_same_alone_and_in_a_batch() -> None:
    standard = Standard(4)
    shown(standard, chance(20, 2, 4))
    values_NRD = chance(3, 2, 4, seed=1)
    together_NRD = shown(standard, values_NRD, learns=False)
    alone_NRD = torch.cat([shown(standard, one[None], learns=False) for one in values_NRD])
    torch.testing.assert_close(together_NRD, alone_NRD)


def test_nothing_is_learned_in_use_when_frozen_or_without_gradients() -> None:
    standard = Standard(4)
    shown(standard, chance(5, 1, 4))
    before = copy.deepcopy(standard.state_dict())
    other_NRD = chance(5, 1, 4, seed=1) + 7
    shown(standard, other_NRD, learns=False)
    with torch.no_grad():
        shown(standard, other_NRD)
    shown(standard.eval(), other_NRD)
    assert all(torch.equal(value, before[name]) for name, value in standard.state_dict().items())


def test_a_feature_that_never_varied_says_nothing() -> None:
    standard, values_NRD = Standard(2), chance(6, 1, 2)
    values_NRD[..., 1] = 0.25
    shown(standard, values_NRD)
    found_NRD = shown(standard.eval(), torch.tensor([[[5.0, 9.0]]]))
    assert found_NRD[0, 0, 0] != 0
    assert found_NRD[0, 0, 1] == 0


def test_what_is_far_out_is_held_and_finite() -> None:
    standard = Standard(1)
    shown(standard, chance(50, 1, 1))
    found_NRD = shown(standard.eval(), torch.tensor([[[1e30]], [[-1e30]]]))
    assert found_NRD.flatten().tolist() == [8, -8]


def test_before_anything_was_seen_features_stay_as_they_are() -> None:
    values_NRD = torch.randn(2, 3, 4)
    assert torch.equal(shown(Standard(4).eval(), values_NRD), values_NRD)


def test_what_was_seen_long_ago_fades() -> None:
    standard = Standard(1)
    shown(standard, torch.zeros(1, 60_000, 1))
    shown(standard, torch.ones(1, 50_000, 1))
    assert standard.mean_PD.item() == pytest.approx(0.5)


def test_running_values_stay_exact_where_the_model_is_in_16_bits() -> None:
    standard = Standard(3)
    shown(standard, chance(9, 1, 3))
    before = copy.deepcopy(standard.state_dict())
    standard.to(torch.bfloat16)
    assert all(torch.equal(value, before[name]) for name, value in standard.state_dict().items())
    found_NRD = shown(standard, chance(9, 1, 3, seed=1).bfloat16())
    assert found_NRD.dtype == torch.bfloat16
    assert standard.seen.item() == 18
    assert standard.mean_PD.dtype == torch.float32
