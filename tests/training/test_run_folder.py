"""A run's folder is of one recipe, once something was learned in it."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from affectlens.foundation.errors import ConfigError, LimitError
from affectlens.training.folder import RunFolder
from affectlens.training.recipe import Data, Recipe, Stage

RECIPE = Recipe(data={"a": Data(path="a")}, stages={"one": Stage()})
LABELS = {"happy": "joyful"}
OTHER = replace(RECIPE, data={"a": Data(path="b", labels=LABELS)})


def took(path: Path, recipe: Recipe) -> RunFolder:
    folder = RunFolder(path)
    with folder.held(recipe):
        return folder


def test_a_mended_recipe_begins_anew_where_nothing_was_learned(tmp_path: Path) -> None:
    folder = took(tmp_path, RECIPE)
    kept, told = folder.features / "a.npy", (folder.journal, folder.stage("one") / "order.json")
    for one in (kept, *told):
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_text("{}\n")
    (folder.stage("one") / "checkpoints").mkdir()
    assert took(tmp_path, OTHER).settings()["data"]["a"]["path"] == "b"
    assert kept.is_file()
    assert not any(one.exists() for one in told)


@pytest.mark.parametrize("learned", ["checkpoints/checkpoint-000001", "model"])
def test_where_something_was_learned_another_recipe_is_refused(
    tmp_path: Path, learned: str
) -> None:
    folder = took(tmp_path, RECIPE)
    (folder.stage("one") / learned).mkdir(parents=True)
    folder.journal.write_text("{}\n")
    took(tmp_path, RECIPE)
    assert folder.journal.is_file()
    with pytest.raises(ConfigError) as error:
        took(tmp_path, OTHER)
    told = "data.a.labels.happy was None, is 'joyful'; data.a.path was 'a', is 'b'. Choose"
    assert told in str(error.value)
    assert folder.settings()["data"]["a"]["path"] == "a"


def test_files_of_others_are_neither_taken_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    with pytest.raises(ConfigError, match="holds files that are no training run"):
        took(tmp_path, RECIPE)
    assert (tmp_path / "stages").is_dir()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_is_full_costs_nothing_that_was_done(tmp_path: Path, number: int) -> None:
    folder = took(tmp_path, RECIPE)
    with pytest.raises(LimitError, match="is kept: make room"), folder.held(RECIPE):
        raise OSError(number, "as the system says it")
    assert folder.recipe.is_file()
