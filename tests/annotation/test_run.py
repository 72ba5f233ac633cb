"""A run does what is left to do: nothing twice, and again what is no longer there."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.sets import RECIPE, annotated, item, items, made, tone

from affectlens.analyzer.engine import Crew, Died
from affectlens.annotation import rows
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.recipe import Output
from affectlens.annotation.run import jobs, left_to_do, run
from affectlens.annotation.stored import Stored
from affectlens.foundation.errors import InputError


def test_what_is_there_is_not_done_again(tmp_path: Path) -> None:
    some = items(tmp_path / "in")
    assert annotated(tmp_path / "set", some) == ["c0", "c1"]
    assert annotated(tmp_path / "set", some) == []
    tone(some[1].path, 7)
    assert annotated(tmp_path / "set", some) == ["c1"]


def test_a_killed_process_and_a_full_disk_are_tried_again_a_bad_file_when_asked_to(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path / "set")
    errors = (Died("killed"), OSError(28, "No space left on device"), InputError("damaged"))
    todo = jobs(folder, items(tmp_path / "in", 3), RECIPE)
    for job, error in zip(todo, errors, strict=True):
        folder.append(rows.failure(job, error))
    assert [job.item.id for job in left_to_do(folder, todo)[0]] == ["c0", "c1"]
    assert left_to_do(folder, todo)[1] == 1
    assert len(left_to_do(folder, todo, retry_failed=True)[0]) == 3


@pytest.mark.parametrize("media", ["link", "copy"])
def test_media_that_were_deleted_are_there_again(media: str, tmp_path: Path) -> None:
    recipe = replace(RECIPE, output=Output(formats=(), media=media))  # type: ignore[arg-type]
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some, recipe)
    shutil.rmtree(root / "media")
    again = made(root, some, recipe)
    assert (root / "media/c1.wav").read_bytes() == some[1].path.read_bytes()
    assert again == first


def test_a_file_that_comes_back_after_another_of_its_name_brings_its_media(tmp_path: Path) -> None:
    one, other = item(tone(tmp_path / "a/c.wav", 0)), item(tone(tmp_path / "b/c.wav", 9))
    root, copies = tmp_path / "set", replace(RECIPE, output=Output(formats=(), media="copy"))
    sums = [made(root, [which], copies).sha256 for which in (one, other, one)]
    assert sums[0] == sums[2] != sums[1]
    assert (root / "media/c.wav").read_bytes() == one.path.read_bytes()


def test_media_that_are_referred_to_are_found_where_they_are_now(tmp_path: Path) -> None:
    refer = replace(RECIPE, output=Output(formats=(), media="refer"))
    [one] = items(tmp_path / "in", 1)
    made(tmp_path / "set", [one], refer)
    shutil.move(tmp_path / "in", tmp_path / "elsewhere")
    made(tmp_path / "set", [replace(one, path=tmp_path / "elsewhere/c0.wav")], refer)
    [found] = Stored.of(tmp_path / "set/annotations.jsonl")
    assert found.media.sound == "../elsewhere/c0.wav"


def test_a_file_that_changes_meanwhile_is_a_failure(tmp_path: Path) -> None:
    [one] = items(tmp_path / "in", 1)
    folder = DataFolder(tmp_path / "set")
    [job] = jobs(folder, [one], RECIPE)
    tone(one.path, 8)
    row = rows.work(job)
    assert "changed meanwhile" in row["error"]
    assert annotated(folder.path, [one]) == ["c0"]


def test_a_run_gives_each_file_a_row(tmp_path: Path) -> None:
    some = items(tmp_path / "in", 1)
    bad = tmp_path / "in" / "bad.mp4"
    bad.write_bytes(b"no video")
    folder = DataFolder(tmp_path / "set")
    told: list[rows.Row] = []
    todo = jobs(folder, [*some, item(bad)], RECIPE)
    with folder.held():
        tally = run(folder, todo, Crew(workers=1), note=told.append)
        assert (tally.now, tally.before, tally.failed, tally.left) == (2, 0, 1, 0)
        assert [row["input"]["id"] for row in told] == ["c0", "bad"]
        tally = run(folder, todo, Crew(workers=1))
    assert (tally.now, tally.before, tally.failed, tally.left) == (0, 2, 1, 0)
