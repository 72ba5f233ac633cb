"""Promises of `affectlens dataset toy`."""

from pathlib import Path

import pytest

from affectlens.cli import app


def test_clips_are_drawn_and_the_next_step_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "toy"
    assert app.run(["dataset", "toy", str(out), "--clips", "3", "--labels", "happy, sad"]) == 0
    shown = capsys.readouterr()
    assert str(out / "manifest.csv") in shown.out
    assert "affectlens train recipes/tiny_" in shown.err
    assert len(list((out / "clips").glob("*.mp4"))) == 3


def test_the_recipe_that_is_told_of_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app.run(["dataset", "toy", str(tmp_path / "toy"), "--clips", "1"])
    words = capsys.readouterr().err.split()
    recipe = next(word for word in words if word.endswith(".toml"))
    assert (Path(__file__).parents[2] / recipe).is_file()


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    assert app.run(["dataset", "toy", str(tmp_path)]) == 2
