"""Command lines of `affectlens evaluate`, and a small data set of spoken words."""

import os
import sys
from pathlib import Path

import pytest

from affectlens.cli import app

COMMAND = [sys.executable, "-m", "affectlens.cli.app", "evaluate"]
ENVIRONMENT = {**os.environ, "AFFECTLENS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
Shell = pytest.CaptureFixture[str]


def evaluate(shell: Shell, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command line."""
    shell.readouterr()
    code = app.run(["evaluate", *map(str, arguments)])
    out, err = shell.readouterr()
    return code, out, err


def refused(shell: Shell, *arguments: object) -> tuple[int, str]:
    """Exit code and the one line that is said; nothing is on stdout."""
    code, out, err = evaluate(shell, *arguments)
    assert out == ""
    assert err.startswith("affectlens: ")
    assert err.count("\n") == 1, err
    return code, err


def texts(folder: Path, count: int, *, split: str = "dev") -> Path:
    """A manifest of spoken words as files, half of them glad; no model needs to be there."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["id,path,label,sex,split"]
    for number in range(count):
        label, words = (("happy", "I am so happy"), ("sad", "I am terribly sad"))[number % 2]
        (folder / f"{number}.txt").write_text(f"{words} today, {number}.", "utf-8")
        rows.append(f"s{number},{number}.txt,{label},{'fm'[number // 2 % 2]},{split}")
    path = folder / "m.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def predict(listed: Path, out: Path, *more: str) -> list[str]:
    return [*COMMAND, "run", "--manifest", str(listed), "-o", str(out), "--offline", *more]


def scoring(truth: Path, said: Path, *more: object) -> tuple[object, ...]:
    metric = ("--metric", "classification", "--labels", "mer6")
    return ("score", "--truth", truth, "--predictions", said, *metric, *more)
