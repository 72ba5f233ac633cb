"""A stage before its first step: enough steps, and the data that it was begun with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.training.made_data import folder, one

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part
from affectlens.training import beginning
from affectlens.training.featured import featured
from affectlens.training.folder import RunFolder
from affectlens.training.prepared import Prepared, prepare, sources_of
from affectlens.training.recipe import Data, Recipe, Schedule, Stage
from affectlens.training.teaching import Teacher

MOODS = ("happy", "sad")


def recipe(root: Path, *moods: str, **stage: Any) -> Recipe:
    """Four passes over clips with these labels."""
    clips = [one(f"c{n}", label=mood) for n, mood in enumerate(moods)]
    return Recipe(
        system=Part("words"),
        size="tiny",
        data={"a": Data(path=str(folder(root / "data", clips)))},
        stages={"only": replace(Stage(epochs=4, batch=1), **stage)},
    )


def made(recipe: Recipe, run: RunFolder | None = None) -> Prepared:
    system = beginning.system_of(recipe)
    teacher = Teacher(
        recipe=recipe,
        stage=recipe.stages["only"],
        system=system,
        featured=featured(recipe, system, Path()),
    )
    return prepare(sources_of(recipe), teacher, run)["only"]


def test_a_warm_up_that_is_longer_than_the_stage_is_told_before_the_first_step(
    tmp_path: Path,
) -> None:
    assert made(recipe(tmp_path, *MOODS, schedule=Schedule(warmup_steps=8))).steps == 8
    with pytest.raises(ConfigError, match=r"stages\.only has 8 steps in all, .* are 9: lower"):
        made(recipe(tmp_path, *MOODS, schedule=Schedule(warmup_steps=9)))


def test_a_run_does_not_go_on_with_other_labels(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    first = made(recipe(tmp_path, *MOODS), run)
    assert made(recipe(tmp_path, *MOODS), run).sha256 == first.sha256
    with pytest.raises(ConfigError, match="labels, texts or files came, went or changed"):
        made(recipe(tmp_path, *reversed(MOODS)), run)
    told = json.loads((run.stage("only") / "order.json").read_text("utf-8"))
    assert told["sha256"] == first.sha256
