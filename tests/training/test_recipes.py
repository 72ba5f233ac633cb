"""Every recipe that is shipped can be read, and says what its system, space and data can do."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from tests.house.tree import ROOT

from affectlens.emotions.spaces import space
from affectlens.foundation import config, plugins
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import System
from affectlens.model.language import language_config
from affectlens.model.network import skeleton
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.training import matched, tasks
from affectlens.training.groups import assign
from affectlens.training.material import settings_of
from affectlens.training.recipe import Recipe

FILES = sorted(
    path for path in (ROOT / "recipes").glob("*.toml") if "[stages." in path.read_text("utf-8")
)
NAMES = [path.stem for path in FILES]


@cache
def read(path: Path) -> Recipe:
    return config.read(Recipe, file=path, env={}, sets=[])


def system_of(recipe: Recipe) -> System:
    system = published(recipe.system.name, **recipe.system.settings)
    return replace(system, language=recipe.language) if recipe.language else system


@pytest.fixture(params=FILES, ids=NAMES)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return read(request.param)


def test_the_papers_and_the_sizes_have_recipes() -> None:
    wanted = {
        "emotion_llama_stage1", "emotion_llama_stage2", "emotion_llama_v2_stage1",
        "emotion_llama_v2_stage2", "affectgpt", "tiny_emotion_llama", "tiny_affectgpt",
        "tiny_words", "dpo", "grpo",
    }  # fmt: skip
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_recipe_is_named_as_its_file_and_says_how_it_is_run(path: Path) -> None:
    assert read(path).name == path.stem
    head = path.read_text("utf-8").split("\nname =")[0]
    assert all(line.startswith("#") for line in head.splitlines() if line)
    assert f"train recipes/{path.name} -o runs/{path.stem}" in head


def test_no_path_is_that_of_a_machine(recipe: Recipe) -> None:
    paths = [*(one.path for one in recipe.data.values()), recipe.start.model]
    assert not [path for path in paths if Path(path).is_absolute()]


def test_its_data_are_of_known_formats_with_such_options(recipe: Recipe) -> None:
    for name, data in recipe.data.items():
        if data.format == matched.FORMAT:
            parts = settings_of(name, matched.Config, data).parts().values()
            assert set(parts) <= set(recipe.data)
            continue
        known = data.format in plugins.names("training.sources")
        module = plugins.load("training.sources" if known else "corpora.sets", data.format)
        settings_of(name, module.Config, data)


def test_its_system_has_all_tasks_and_its_labels_lie_in_the_space(recipe: Recipe) -> None:
    system, labels = system_of(recipe), space(recipe.space)
    for stage in recipe.stages.values():
        for data in recipe.data_of(stage).values():
            for task in recipe.tasks_of(stage, data):
                tasks.check(task, system)
            assert not [one for one in data.labels.values() if one and labels.find(one) is None]


def test_every_parameter_is_in_one_group_of_each_stage(recipe: Recipe) -> None:
    system = shrink(system_of(recipe))
    model = skeleton(AffectLMConfig(system=system, text_config=language_config(system.language)))
    for stage in recipe.stages.values():
        assigned = assign(model, stage.groups)
        assert sum(map(len, assigned.values())) == len(list(model.parameters()))
        assert any(names and stage.groups[one].rate for one, names in assigned.items())


def test_the_numbers_of_emotion_llama_are_those_of_its_config() -> None:
    first = read(ROOT / "recipes" / "emotion_llama_stage1.toml").stages["stage1"]
    second = read(ROOT / "recipes" / "emotion_llama_stage2.toml").stages["stage2"]
    for stage, peak in ((first, 1e-5), (second, 1e-6)):
        schedule = stage.schedule
        assert (schedule.peak, schedule.last, schedule.start) == (peak, 1e-6, 1e-6)
        assert (schedule.warmup_steps, stage.epochs, stage.steps_per_epoch) == (1000, 30, 1000)
        assert (stage.batch, stage.micro_batch, stage.loss) == (4, 1, "sample")
        assert (stage.optimizer.decay, stage.optimizer.clip) == (0.05, None)
    assert dict(first.tasks) == {"emotion": 1.0, "reason": 1.0}
    assert dict(second.tasks) == {"reason_v2": 1.0}


def test_the_rate_of_affectgpt_is_constant_as_it_really_was() -> None:
    stage = read(ROOT / "recipes" / "affectgpt.toml").stages["hybrid"]
    schedule = stage.schedule
    assert {schedule.peak, schedule.last, schedule.start} == {1e-5}
    assert stage.epochs * stage.steps_per_epoch * stage.batch == 900_000
    assert dict(stage.tasks) == {"description": 1.0, "ovlabel": 1.0}


def test_who_goes_on_from_another_recipe_holds_the_same_clips_back(recipe: Recipe) -> None:
    """Else it would be developed on clips that the model has learned."""
    before = Path(recipe.start.model).parent.name
    if before in NAMES:
        theirs = read(ROOT / "recipes" / f"{before}.toml")
        assert (recipe.seed, recipe.develop.share) == (theirs.seed, theirs.develop.share)


def test_each_clip_of_emer_is_drawn_some_times_as_often_as_one_of_the_large_set() -> None:
    data = read(ROOT / "recipes" / "microemo.toml").data
    times = (data["emer"].weight / 332) / (data["captions"].weight / 31_327)
    assert 2 < times < 6


def test_both_stages_of_emotion_llama_v2_learn_the_same_sets_in_the_same_shares() -> None:
    first, second = (
        read(ROOT / "recipes" / f"emotion_llama_v2_stage{n}.toml").data for n in (1, 2)
    )
    published = {name: one.weight for name, one in first.items() if name != "annotated"}
    assert published == {n: one.weight for n, one in second.items() if n != "annotated"}
