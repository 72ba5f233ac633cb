"""What a recipe refuses, and what follows from it."""

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.training.recipe import Data, Develop, Recipe, Stage


def recipe(*, develop: Develop | None = None, **stages: Stage) -> Recipe:
    return Recipe(data={"a": Data(path="a")}, stages=stages, develop=develop or Develop())


def test_a_stage_that_teaches_no_label_is_judged_by_its_loss() -> None:
    made = recipe(
        captions=Stage(tasks={"caption": 1.0}),
        labels=Stage(tasks={"caption": 1.0, "emotion": 0.5}),
        off=Stage(tasks={"caption": 1.0, "emotion": 0.0}),
        chosen=Stage(tasks={"caption": 1.0}, metric="war"),
        rewards=Stage(method="grpo", tasks={"reason": 1.0}),
    )
    found = {name: made.metric_of(stage) for name, stage in made.stages.items()}
    assert found == {
        "captions": "loss", "labels": "uar", "off": "loss", "chosen": "war", "rewards": "uar",
    }  # fmt: skip


def test_tasks_of_the_data_count_too() -> None:
    stage = Stage(tasks={"caption": 1.0})
    made = Recipe(data={"a": Data(path="a", tasks={"emotion": 1.0})}, stages={"one": stage})
    assert made.metric_of(stage) == "uar"


@pytest.mark.parametrize(
    ("data", "stages", "told"),
    [
        ({}, {"one": Stage()}, "has data"),
        ({"a": Data()}, {}, "has stages"),
        ({"a": Data()}, {"one": Stage(data=("b",))}, "names 'b'; there is: a"),
        ({"a": Data()}, {"../../one": Stage()}, "stages has '../../one'"),
        ({"/a": Data()}, {"one": Stage()}, "data has '/a'"),
    ],
)
def test_a_recipe_has_data_and_stages_that_fit(
    data: dict[str, Data], stages: dict[str, Stage], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        Recipe(data=data, stages=stages)


@pytest.mark.parametrize(
    "settings",
    [{"epochs": 0}, {"batch": 0}, {"batch": 4, "micro_batch": 3}, {"tasks": {"emotion": -1.0}}],
)
def test_a_stage_refuses_numbers_that_cannot_be(settings: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        Stage(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_is_one_that_all_libraries_take(seed: int) -> None:
    with pytest.raises(ConfigError, match="seed is 0 to"):
        Recipe(seed=seed, data={"a": Data(path="a")}, stages={"one": Stage()})


def test_a_stage_without_tasks_wants_data_that_have_their_own() -> None:
    with pytest.raises(ConfigError, match=r"stages\.one has no task for data\.a"):
        recipe(one=Stage(tasks={}))
    own = {"a": Data(path="a", tasks={"emotion": 1.0})}
    Recipe(data=own, stages={"one": Stage(tasks={})})


def test_dpo_learns_from_pairs_only() -> None:
    with pytest.raises(ConfigError, match=r"learns by DPO.* 'emotion' for data\.a"):
        recipe(one=Stage(method="dpo"))
    recipe(one=Stage(method="dpo", tasks={"preference": 1.0, "emotion": 0.0}))
