"""Promises of the command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from affectlens.cli import app

VERBS = ("analyze", "chat", "doctor", "export", "models", "report", "schema")
# The options of `analyze`, frozen: a new one is a decision, not an accident.
ANALYZE = (
    *("config", "format", "labels", "language", "model", "offline", "openface", "out", "redact"),
    *("report", "retry-failed", "set", "subtitles", "workers"),
)


def test_the_verbs_are_these(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_the_options_of_analyze_do_not_grow_by_accident() -> None:
    import typer

    group = typer.main.get_command(app.build())
    options = [
        name.removeprefix("--")
        for parameter in group.commands["analyze"].params  # type: ignore[attr-defined]
        for name in parameter.opts
        if name.startswith("--")
    ]
    assert sorted(options) == sorted(ANALYZE)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from affectlens.cli import app; app.run(['analyze', '--help']); "
        "heavy = {'numpy', 'cv2', 'av', 'onnxruntime', 'faster_whisper', 'torch'}; "
        "heavy &= set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["analyse"], 2, "No such command"),
        (["analyze"], 2, "Missing argument"),
        (["analyze", "nowhere.mp4", "--offline"], 4, "nowhere.mp4"),
        (["analyze", "x.mp4", "--offline", "--set", "perception.faces.rate=3"], 2, "rate_hz"),
        (["analyze", "x.mp4", "--offline", "--labels", "dfew8"], 2, "dfew7"),
        (["analyze", "x.mp4", "--offline", "--model", "rulez"], 2, "rules"),
        (["analyze", "x.mp4", "--offline", "--language", "klingon"], 2, "such as en"),
        (["export", "nowhere.json", "--format", "csv"], 4, "nowhere.json"),
        (["export", "nowhere.json", "--format", "xlsx"], 2, "elan"),
    ],
)
def test_bad_input_is_one_clear_message_with_its_exit_code(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "affectlens.cli.app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
