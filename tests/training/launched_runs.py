"""What the runs of `launched.py` saw, and how far two of them lie apart."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

RUNNER = Path(__file__).with_name("launched.py")
ROOT = Path(__file__).parents[2]


def launched(folder: Path, what: str, **environ: str) -> Path:
    """Start the runs, in one process that makes the imports for all."""
    done = subprocess.run(
        [sys.executable, str(RUNNER), str(folder), what],
        capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def told(folder: Path, rank: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"told-{rank}.json").read_text())
    return found


def apart(this: Path, that: Path) -> float:
    """The greatest difference of losses and gradients' norms, of the steps that both saw."""
    first, second = told(this)["steps"], told(that)["steps"]
    shared = first.keys() & second.keys()
    assert len(shared) >= 2
    pairs = (zip(first[step], second[step], strict=True) for step in shared)
    return max(abs(float(a - b)) for pair in pairs for a, b in pair)


def weights_apart(one: Path, other: Path) -> float:
    first, second = (load_file(folder / "last.safetensors") for folder in (one, other))
    assert first.keys() == second.keys()
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def developed_apart(one: Path, other: Path) -> float:
    first, second = told(one)["developed"], told(other)["developed"]
    assert first
    assert first.keys() >= second.keys()
    return float(max(abs(first[k][name] - second[k][name]) for k in second for name in second[k]))
