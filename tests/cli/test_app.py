"""Promises of the command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from affectlens.cli import app

VERBS = (
    *("analyze", "annotate", "chat", "dataset", "doctor", "export", "features", "models"),
    *("report", "review", "schema"),
)
# The options of verbs, frozen: a new one is a decision, not an accident.
OPTIONS = {
    "analyze": (
        *("address", "config", "engine", "format", "labels", "language", "model", "offline"),
        *("openface", "out", "redact", "report", "retry-failed", "set", "subtitles", "workers"),
    ),
    "annotate": (
        *("address", "corpus", "engine", "labels", "language", "offline", "option", "out"),
        *("recipe", "retry-failed", "set", "to", "workers"),
    ),
    "dataset toy": ("clips", "labels", "seed"),
    "schema": ("of",),
    "review": ("agreement", "labels", "no-browser", "port", "reviewer"),
    "features": (
        *("address", "config", "encoder", "engine", "offline", "out", "retry-failed", "set"),
        *("store", "stream", "system", "workers"),
    ),
}


def test_the_verbs_are_these(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("verb", OPTIONS)
def test_the_options_of_verbs_do_not_grow_by_accident(verb: str) -> None:
    import typer

    command = typer.main.get_command(app.build())
    for word in verb.split():
        command = command.commands[word]  # type: ignore[attr-defined]
    options = [
        name.removeprefix("--")
        for parameter in command.params
        for name in parameter.opts
        if name.startswith("--")
    ]
    assert sorted(options) == sorted(OPTIONS[verb])


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
        (["analyze", "x.mp4", "--offline", "--engine", "rai"], 2, "pool, ray"),
        (["analyze", "x.mp4", "--offline", "--address", "auto"], 2, "'ray'"),
        (["features", "nowhere.mp4", "-o", "f", "--system", "tiny:emotion-llama"], 4, "nowhere"),
        (["features", "x.mp4", "-o", "f", "--system", "emotion-lama"], 2, "emotion_llama"),
        (["features", "x.mp4", "-o", "f", "--stream", "sound"], 2, "temporal"),
        (["features", "x.mp4", "-o", "f", "--encoder", "hubrt"], 2, "hubert"),
        (["features", "x.mp4", "-o", "f", "--encoder", "tiny", "--stream", "audio"], 2, "one of"),
        (["export", "nowhere.json", "--format", "csv"], 4, "nowhere.json"),
        (["annotate", "nowhere.mp4", "-o", "d"], 4, "nowhere.mp4"),
        (["annotate", "x.mp4", "-o", "d", "--to", "mer"], 2, "merr"),
        (["annotate", "x.mp4", "-o", "d", "--labels", "ravdess8"], 2, "Ask them in"),
        (["annotate", "x.mp4", "-o", "d", "--to", "emer"], 2, "only read"),
        (["annotate", "x.mp4", "-o", "d", "--set", "units.table=paper"], 2, "mer_factory"),
        (["annotate", "x.mp4", "-o", "d", "--set", "fine=endpointt"], 2, "endpoint"),
        (["annotate", "x.mp4", "-o", "d", "--set", "checks.required=lengthx"], 2, "length"),
        (["annotate", "-o", "nowhere"], 4, "Give the files"),
        (["dataset", "check", "nowhere"], 4, "affectlens annotate"),
        (["review", "nowhere"], 4, "affectlens annotate"),
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


ENDING = """
import atexit, os, signal, sys
from affectlens.cli import app
atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.argv = ["affectlens", "--version"]
app.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process otherwise there")
def test_a_signal_while_python_ends_shows_no_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("affectlens ")
    assert (done.stderr, done.returncode) == ("", -2)
