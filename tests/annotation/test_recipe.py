"""Recipes: those that ship can be read, and what decides items is told from what does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from affectlens.annotation.recipe import Checks, Output, Recipe, Splits, Units
from affectlens.annotation.steps.checked import check_names
from affectlens.annotation.steps.described import build_describers
from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import use

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("merr_*.toml"))


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: str(file.stem))
def test_recipes_that_ship_can_be_followed(file: Path) -> None:
    recipe = config.read(Recipe, file=file, env={}, sets=())
    check_names(recipe)
    assert build_describers(recipe)


def test_the_recipe_of_rules_spells_the_defaults_out() -> None:
    (rules,) = (file for file in RECIPES if file.stem == "merr_rules")
    assert config.read(Recipe, file=rules, env={}, sets=()) == Recipe()


def test_what_is_done_with_all_clips_together_decides_no_single_one() -> None:
    usual = Recipe()
    same = (Splits(seed=1), Output(name="x", formats=("parquet",)))
    assert replace(usual, splits=same[0], output=same[1]).of_items == usual.of_items
    others = [
        replace(usual, units=Units(present=0.5)),
        replace(usual, checks=Checks(longest=10)),
        replace(usual, label="read"),
        replace(usual, prompts="emer"),
        replace(usual, tone=use("rules", phrases="plain")),
    ]
    assert len({one.of_items for one in (usual, *others)}) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        "units.present=9",
        "splits.train=-2",
        "splits.pattern=[a",
        "splits.pattern=a",
        "splits.by=film",
        "checks.shortest=500",
        "output.name=a/b",
        "twins.pictures=65",
        "checks.grounded=-1",
    ],
)
def test_numbers_that_mean_nothing_are_refused(wrong: str) -> None:
    with pytest.raises(ConfigError):
        config.read(Recipe, file=None, env={}, sets=[wrong])
