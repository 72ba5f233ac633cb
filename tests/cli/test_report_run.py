"""`affectlens report RUN` writes the page of a training run."""

from pathlib import Path

import pytest
from tests.training.report import made_runs as runs

from affectlens.cli import app


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return runs.folder(tmp_path / "run", runs.whole("alignment", 40))


def test_the_page_lies_in_the_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["report", str(run)]) == 0
    assert "Stage alignment" in (run / "report.html").read_text("utf-8")
    said = capsys.readouterr()
    assert said.out == ""
    assert str(run / "report.html") in said.err.replace("\n", "")


def test_or_elsewhere(run: Path, tmp_path: Path) -> None:
    assert app.run(["report", str(run), "-o", str(tmp_path / "page.html")]) == 0
    assert app.run(["report", str(run), "-o", str(tmp_path / "pages")]) == 0
    assert (tmp_path / "page.html").is_file()
    assert (tmp_path / "pages" / "report.html").is_file()
    assert not (run / "report.html").exists()


def test_a_folder_that_is_no_run_is_no_usable_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["report", str(tmp_path)]) == 4
    assert "is no training run" in capsys.readouterr().err


def test_what_is_not_there_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["report", str(tmp_path / "nowhere")]) == 4
    assert "There is no file or folder" in capsys.readouterr().err


def test_options_of_analyses_are_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["report", str(run), "--redact"]) == 2
    assert "--redact" in capsys.readouterr().err


def test_an_analysis_wants_to_know_where_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.json").write_text("{}")
    assert app.run(["report", str(tmp_path / "one.json")]) == 2
    assert "-o report.html" in capsys.readouterr().err
