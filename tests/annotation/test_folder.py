"""What a data set's folder remembers of how it was made."""

import errno
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe
from affectlens.cli._annotate import read_recipe
from affectlens.foundation.errors import ConfigError, InputError, LimitError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use

MADE_BY = replace(Recipe(), label="units", fine=use("endpoint", model="m", retries=7))


def held(path: Path) -> AbstractContextManager[None]:
    return DataFolder(path).held()


def planned(folder: Path) -> DataFolder:
    (folder / "work").mkdir(parents=True)
    found = DataFolder(folder)
    items = [Item(id="a", path=folder / "a.mp4", label="happy")]
    found.plan(items, [("b", Missing("it has no media"))], MADE_BY)
    return found


def test_items_and_recipe_of_the_last_time_are_there_for_the_next(tmp_path: Path) -> None:
    folder = planned(tmp_path / "set")
    assert folder.recipe() == MADE_BY
    (item,), gone = folder.planned()
    assert (item.id, item.label, gone) == ("a", "happy", [("b", "it has no media")])


def test_a_data_set_that_is_made_again_keeps_its_recipe_but_for_what_is_said(
    tmp_path: Path,
) -> None:
    again = planned(tmp_path / "set").path
    assert read_recipe(None, [], again=again) == MADE_BY
    said = read_recipe(None, ["fine.retries=1", "output.sound=no"], again=again)
    assert said.fine == use("endpoint", model="m", retries=1)
    assert (said.label, said.output.sound) == ("units", False)
    assert read_recipe(None, ["fine=rules"], again=again).fine == use("rules")
    file = tmp_path / "recipe.toml"
    file.write_text('label = "read"\n')
    assert read_recipe(file, [], again=again) == Recipe(label="read")


def test_what_was_never_made_or_is_damaged_cannot_be_made_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Give the files"):
        read_recipe(None, [], again=tmp_path)
    folder = planned(tmp_path / "set")
    for text in ("{", "[]", '{"items": []}', '{"recipe": {"label": 3}}'):
        (folder.path / "work" / "plan.json").write_text(text)
        with pytest.raises(InputError):
            folder.recipe()


def test_files_of_others_are_not_mixed_up_with_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("of my project")
    with pytest.raises(ConfigError, match="other files and no data set"), held(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_an_imported_data_set_is_not_written_over(tmp_path: Path) -> None:
    for name in ("annotations.jsonl", "manifest.json"):
        (tmp_path / name).write_text("{}\n")
    with pytest.raises(ConfigError, match="imported"), held(tmp_path):
        pass


@pytest.mark.parametrize("kept", [["work"], ["reviews.jsonl"], ["recipe.json", "media"], []])
def test_a_data_set_whose_work_or_files_were_deleted_is_taken_up_again(
    kept: list[str], tmp_path: Path
) -> None:
    for name in (*kept, ".hidden"):
        (tmp_path / name).mkdir()
    with held(tmp_path):
        assert (tmp_path / "work" / ".lock").is_file()


def test_what_a_killed_run_was_writing_goes_and_nothing_else(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    (tmp_path / "media").mkdir()
    torn = [tmp_path / name for name in (".card.html.ab.part", "media/.a.mp4.cd.part")]
    whole = [tmp_path / name for name in ("media/a.mp4", "media/b.part", ".mine")]
    for path in (*torn, *whole):
        path.write_bytes(b"x")
    with held(tmp_path):
        assert not any(path.exists() for path in torn)
        assert all(path.exists() for path in whole)


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match=r"full\. Nothing that was made is lost"), held(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PermissionError), held(tmp_path):
        raise PermissionError(errno.EACCES, "no")
