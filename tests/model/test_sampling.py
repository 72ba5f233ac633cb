"""Sampling draws by probability, from its own seed, the same alone and in a batch."""

import pytest
import torch

from affectlens.foundation.errors import ConfigError
from affectlens.model.sampling import Sampler, Sampling

NOTHING = torch.zeros(1, 0, dtype=torch.long)
CPU = torch.device("cpu")


def draws(sampling: Sampling, scores_V: torch.Tensor, number: int) -> list[int]:
    sampler = Sampler(sampling, 1, CPU)
    return [int(sampler(NOTHING, scores_V[None]).argmax()) for _ in range(number)]


def test_draws_follow_the_probabilities() -> None:
    wanted_V = torch.tensor([0.5, 0.3, 0.15, 0.05])
    found = torch.tensor(draws(Sampling(seed=1), wanted_V.log(), 4000))
    torch.testing.assert_close(found.bincount(minlength=4) / 4000, wanted_V, atol=0.03, rtol=0)


def test_temperature_and_top_p_narrow_the_choice() -> None:
    scores_V = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    assert set(draws(Sampling(seed=1, top_p=0.7), scores_V, 300)) == {0, 1}
    assert draws(Sampling(seed=1, temperature=0.2), scores_V, 300).count(0) > 250


def test_the_seed_decides_and_the_global_state_is_left_alone() -> None:
    scores_V = torch.zeros(50)
    before = torch.random.get_rng_state()
    first = draws(Sampling(seed=7), scores_V, 20)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first == draws(Sampling(seed=7), scores_V, 20)
    assert first != draws(Sampling(seed=8), scores_V, 20)


def test_a_row_draws_in_a_batch_as_it_does_alone() -> None:
    scores_BV = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    together = Sampler(Sampling(seed=7), 3, CPU)(NOTHING.expand(3, 0), scores_BV).argmax(1)
    assert together.tolist() == [draws(Sampling(seed=7), row, 1)[0] for row in scores_BV]


def test_closed_tokens_are_never_drawn() -> None:
    scores_V = torch.zeros(50).index_fill(0, torch.arange(1, 50), -torch.inf)
    assert set(draws(Sampling(seed=3), scores_V, 100)) == {0}


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"top_p": 0.0}, {"top_p": 1.5}], ids=str)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="leave sampling out"):
        Sampling(seed=1, **wrong)
