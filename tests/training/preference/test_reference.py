"""The model at the stage's start is there again when it is asked for, and leaves no trace."""

import pytest
import torch
from tests.model.affect_models import SAMPLES, batch, trained

from affectlens.training.preference.reference import Reference


def test_it_answers_as_at_the_start_and_then_as_now() -> None:
    torch.set_num_threads(1)
    model = trained()
    one = batch(SAMPLES)
    with torch.no_grad():
        start = model(**one).logits
        reference = Reference(model)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.1
        now = model(**one).logits
        assert not torch.allclose(now, start, atol=1e-3)
        with reference.back(model):
            assert torch.equal(model(**one).logits, start)
        assert torch.equal(model(**one).logits, now)


def test_it_keeps_copies_of_what_learns_alone() -> None:
    model = trained()
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert 0 < Reference(model).numbers == learning < sum(p.numel() for p in model.parameters())


def test_an_error_meanwhile_leaves_the_model_as_it_is_now() -> None:
    model = trained()
    reference = Reference(model)
    parameter = next(p for p in model.parameters() if p.requires_grad)
    parameter.data += 1.0
    now = parameter.detach().clone()
    with pytest.raises(KeyError), reference.back(model):
        raise KeyError
    assert torch.equal(parameter, now)


def test_learning_goes_on_around_it() -> None:
    model = trained()
    reference = Reference(model)
    parameter = next(p for p in model.parameters() if p.requires_grad)
    parameter.data *= 1.5
    with reference.back(model):
        pass
    loss = model(**batch(SAMPLES, training=True)).loss
    with reference.back(model):  # before backward: the values are the same again
        pass
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
