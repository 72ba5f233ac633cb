"""The order of a stage: a pure function of the seed, every clip once before any again."""

from collections import Counter

import numpy as np
import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.training.draw import Draw
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool


def pool(source: str, clips: int, weight: float = 1.0, task: str = "emotion") -> Pool:
    indices = np.arange(0, 2 * clips, 2, dtype=np.uint32)  # every second clip has the task
    return Pool(source=source, task=task, indices=indices, weight=weight)


POOLS = (pool("a", 30, 3.0), pool("b", 7, 1.0), pool("b", 5, 0.0, task="reason"))


GOLDEN = [
    ("b", 10, "emotion"),
    ("b", 2, "emotion"),
    ("a", 34, "emotion"),
    ("b", 8, "emotion"),
    ("a", 0, "emotion"),
    ("b", 12, "emotion"),
]
GOLDEN_SEED = 9358639698554013758


def draws(plan: Plan) -> list[Draw]:
    return [plan[position] for position in range(len(plan))]


def test_the_same_arguments_give_the_same_order_and_another_seed_another() -> None:
    assert draws(Plan(POOLS, 200, 1)) == draws(Plan(POOLS, 200, 1))
    assert draws(Plan(POOLS, 200, 1)) != draws(Plan(POOLS, 200, 2))


def test_the_order_of_a_seed_stays_what_it_was() -> None:
    """A run that goes on with another version of NumPy must not learn in another order."""
    first = [(draw.source, draw.index, draw.task) for draw in draws(Plan(POOLS, 6, 1))]
    assert first == GOLDEN
    assert Plan(POOLS, 6, 1)[3].seed == GOLDEN_SEED


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    assert draws(Plan(POOLS, 500, 1))[:200] == draws(Plan(POOLS, 200, 1))


def test_a_pass_has_every_clip_once_and_the_next_another_order() -> None:
    drawn = [draw.index for draw in draws(Plan([pool("a", 50)], 150, 1))]
    passes = [drawn[i : i + 50] for i in (0, 50, 100)]
    assert all(sorted(one) == list(range(0, 100, 2)) for one in passes)
    assert len({tuple(one) for one in passes}) == 3


def test_each_pool_is_gone_through_in_passes_of_its_own() -> None:
    drawn = [draw.index for draw in draws(Plan(POOLS, 400, 1)) if draw.source == "b"]
    for start in range(0, len(drawn) - 7, 7):
        assert sorted(drawn[start : start + 7]) == list(range(0, 14, 2))


def test_pools_are_mixed_by_weight() -> None:
    plan = Plan(POOLS, 20_000, 1)
    shares = Counter((draw.source, draw.task) for draw in draws(plan))
    assert shares.keys() == {("a", "emotion"), ("b", "emotion")}, "a weight of 0 is never drawn"
    assert shares["a", "emotion"] / 20_000 == pytest.approx(0.75, abs=0.01)


def test_each_place_has_a_seed_of_its_own() -> None:
    plan = Plan(POOLS, 5000, 1)
    assert len({draw.seed for draw in draws(plan)}) == 5000
    assert plan[7].position == 7


def test_a_million_places_take_a_few_bytes_each() -> None:
    plan = Plan([pool("a", 1, 1.0), pool("b", 300_000, 5.0)], 1_000_000, 1)
    held = [value.nbytes for value in vars(plan).values() if isinstance(value, np.ndarray)]
    assert sum(held) <= 6_000_000
    assert plan[999_999].index < 600_000


@pytest.mark.parametrize("position", [-1, 200])
def test_a_place_that_is_not_there_is_an_index_error(position: int) -> None:
    with pytest.raises(IndexError):
        Plan(POOLS, 200, 1)[position]


def test_nothing_to_draw_is_told() -> None:
    with pytest.raises(ConfigError, match="weight above 0"):
        Plan([pool("a", 3, 0.0)], 10, 1)
    with pytest.raises(ConfigError, match=r"No clip of a .*'emotion'"):
        Plan([pool("a", 0)], 10, 1)
    assert len(Plan([], 0, 1)) == 0


def test_a_plan_that_no_memory_holds_is_refused() -> None:
    with pytest.raises(ConfigError, match="samples is too long"):
        Plan(POOLS, 10**20, 1)
