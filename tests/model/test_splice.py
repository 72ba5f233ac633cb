"""Tokens of streams in their slots."""

import pytest
import torch

from affectlens.foundation.errors import InputError
from affectlens.model.splice import Given, splice

SLOTS = torch.tensor([[0, 0, 1, 2, 0], [0, 0, 1, 1, 0], [0, 0, 2, 0, 0]])
FIRST = Given(
    rows_N=torch.tensor([0, 1]),
    counts_N=torch.tensor([1, 2]),
    tokens_NSL=torch.tensor([[[1.0, 1.5], [99.0, 99.0]], [[2.0, 2.5], [3.0, 3.5]]]),
)
SECOND = Given(
    rows_N=torch.tensor([0, 2]),
    counts_N=torch.tensor([1, 1]),
    tokens_NSL=torch.tensor([[[4.0, 4.5]], [[5.0, 5.5]]]),
)
NAMES = ("first", "second")


def test_each_token_stands_in_its_slot_and_text_stays() -> None:
    given = {"first": FIRST, "second": SECOND}
    spliced = splice(torch.zeros(3, 5, 2), SLOTS, given, NAMES)
    assert spliced[..., 0].tolist() == [[0, 0, 1, 4, 0], [0, 0, 2, 3, 0], [0, 0, 5, 0, 0]]
    assert spliced[..., 1].tolist() == [[0, 0, 1.5, 4.5, 0], [0, 0, 2.5, 3.5, 0], [0, 0, 5.5, 0, 0]]


def test_gradients_reach_tokens_and_not_their_padding() -> None:
    tokens_NSL = FIRST.tokens_NSL.clone().requires_grad_()
    first = Given(FIRST.rows_N, FIRST.counts_N, tokens_NSL)
    given = {"first": first, "second": SECOND}
    spliced = splice(torch.zeros(3, 5, 2), SLOTS, given, NAMES)
    (gradient_NSL,) = torch.autograd.grad(spliced.sum(), tokens_NSL)
    assert gradient_NSL[..., 0].tolist() == [[1, 0], [1, 1]]


def test_slots_without_a_stream_are_named() -> None:
    with pytest.raises(InputError, match=r"Sample 0 .* 1 slots for 'second' .* give 0 tokens"):
        splice(torch.zeros(3, 5, 2), SLOTS, {"first": FIRST}, NAMES)


def test_a_token_too_many_is_named_by_its_sample() -> None:
    more = Given(FIRST.rows_N, torch.tensor([2, 2]), FIRST.tokens_NSL)
    with pytest.raises(InputError, match=r"Sample 0 .* 1 slots for 'first' .* give 2 tokens"):
        splice(torch.zeros(3, 5, 2), SLOTS, {"first": more, "second": SECOND}, NAMES)


def test_a_stream_without_slots_is_named() -> None:
    with pytest.raises(InputError, match=r"Sample 0 .* 0 slots for 'second'"):
        splice(
            torch.zeros(3, 5, 2),
            SLOTS.where(SLOTS != 2, 0),
            {"first": FIRST, "second": SECOND},
            NAMES,
        )
