"""Runs that are killed, or of whose processes one is stopped, end as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(__file__).with_name("killed_run.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]


def run(folder: Path, *args: object) -> Any:
    """Imports take seconds: one process makes them, and all that train are its forks."""
    command = [sys.executable, str(RUNNER), str(folder), *map(str, args)]
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environ, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def losses(folder: Path) -> dict[int, set[float]]:
    found: dict[int, set[float]] = {}
    for line in (folder / "told.jsonl").read_text().splitlines():
        step, loss = json.loads(line)
        found.setdefault(step, set()).add(loss)
    return found


def test_ten_kills_at_random_moments_change_no_bit(tmp_path: Path) -> None:
    left = run(tmp_path, "kills", 10, 3)
    assert len(left) == 10
    assert any(name.startswith(".") for one in left for name in one), "none was in a save"
    peace, killed = tmp_path / "peace", tmp_path / "killed"
    last = "last-0.safetensors"
    assert (killed / last).read_bytes() == (peace / last).read_bytes()
    assert losses(killed) == losses(peace)
    names = ["checkpoint-000039", "checkpoint-000040"]
    assert sorted(one.name for one in (killed / "checkpoints").glob("*")) == names


def test_two_processes_stop_at_one_step_when_one_is_told_to(tmp_path: Path) -> None:
    codes = run(tmp_path, "stop")
    assert codes == [[0, 0], [143, 143], [0, 0]]
    weights = {
        (tmp_path / name / f"last-{rank}.safetensors").read_bytes()
        for name in ("peace", "stopped")
        for rank in range(2)
    }
    assert len(weights) == 1
    assert losses(tmp_path / "stopped") == losses(tmp_path / "peace")
