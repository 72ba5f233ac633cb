"""The command line of `evaluate`: its parts and their options, frozen; help loads nothing heavy."""

import subprocess
import sys

import pytest
import typer

from affectlens.cli import app

_SCORING = ("cluster", "metric", "mode", "option")
_HOW = (*_SCORING, "judge", "labels", "slice")
# A new option is a decision, not an accident.
OPTIONS = {
    "run": (
        *_HOW,
        *("batch-size", "config", "data", "format", "limit", "manifest", "model", "offline", "out"),
        *("reasons", "retry-failed", "served", "set", "split", "task", "words", "workers"),
    ),
    "score": (
        *_HOW,
        *("format", "groupings", "per-sample", "predictions", "tables", "truth", "version"),
    ),
    "ls": ("format",),
    "compare": (*_SCORING, "format", "on-test", "select"),
    "check": ("against", "corpus", "format", "labels", "option"),
    "export": ("data", "out", "to"),
}
BESIDE = {"judge", "agree"}  # what judges do alone


def _parts() -> dict[str, list[str]]:
    """The options of every part of `evaluate`."""
    group = typer.main.get_command(app.build()).commands["evaluate"]  # type: ignore[attr-defined]
    return {
        name: sorted(
            option.removeprefix("--")
            for parameter in command.params
            for option in parameter.opts
            if option.startswith("--")
        )
        for name, command in group.commands.items()
    }


def test_the_parts_are_these() -> None:
    assert set(_parts()) == set(OPTIONS) | BESIDE


@pytest.mark.parametrize("part", OPTIONS)
def test_the_options_do_not_grow_by_accident(part: str) -> None:
    assert _parts()[part] == sorted(OPTIONS[part])


@pytest.mark.parametrize("part", [*OPTIONS, *BESIDE])
def test_every_part_explains_itself(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["evaluate", part, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from affectlens.cli import app; app.run(['evaluate', 'score', '--help']); "
        "heavy = {'numpy', 'cv2', 'av', 'onnxruntime', 'openpyxl', 'torch'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
