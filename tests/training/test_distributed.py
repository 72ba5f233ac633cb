"""Two processes learn what one learns, whoever starts them, and end together."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from tests.training.launched_runs import apart, developed_apart, launched, told, weights_apart

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.model import checkpoint
from affectlens.training import processes
from affectlens.training.engine import Engine
from affectlens.training.folder import RunFolder
from affectlens.training.recipe import Data, Recipe, Stage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

RECIPE = """
system = "words"
size = "tiny"
space = "mer6"
leaks = "allow"
[data.made]
path = "{path}"
format = "manifest"
[stages.only]
steps_per_epoch = 60
batch = 4
schedule = {{peak = 1e-3, last = 1e-3, start = 1e-3}}
[develop]
split = "dev"
every = 30
[keep]
log_every = 1
every = 30
tensorboard = false
[engine]
device = "cpu"
precision = "float32"
threads = 1
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launched(tmp_path_factory.mktemp("plain"), "plain")


@pytest.mark.parametrize("kind", ["packed", "bucketed", "connectors"])
def test_two_processes_learn_what_one_learns(runs: Path, kind: str) -> None:
    """Streams are missing, a sample of the second and of the third step is broken."""
    one, two = runs / f"{kind}-1", runs / f"{kind}-2"
    assert apart(one, two) <= 1e-5
    assert weights_apart(one, two) <= 1e-5
    assert developed_apart(one, two) <= 1e-5
    assert [told(two, rank)["developed"] for rank in (0, 1)] == [told(two)["developed"]] * 2


def test_broken_samples_are_told_once_whichever_process_had_them(runs: Path) -> None:
    found = [told(runs / "packed-1")["skipped"]]
    found += [told(runs / "packed-2", rank)["skipped"] for rank in (0, 1)]
    assert found == [[5, 10], [5, 10], []]


@pytest.mark.parametrize("run", ["packed-1-to-2", "packed-2-to-1"])
def test_another_number_of_processes_ends_what_some_began(runs: Path, run: str) -> None:
    assert told(runs / run)["steps"].keys() == {"3", "4"}
    assert apart(runs / "packed-1", runs / run) <= 1e-5
    assert weights_apart(runs / "packed-1", runs / run) <= 1e-5


def test_the_others_wait_for_the_first_beyond_any_timeout_and_leave_when_it_fails(
    runs: Path,
) -> None:
    found = json.loads((runs / "waited.json").read_text())
    assert found == {"done": [0, 0], "failed": [4, 4]}
    assert [(runs / f"by-{first}").exists() for first in (True, False)] == [True, False]


def test_torchrun_stops_as_one_and_accelerate_goes_on(tmp_path: Path) -> None:
    out, command = tmp_path / "run", _command(tmp_path)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    with _started([*torchrun, *command], tmp_path / "first.txt") as launcher:
        workers = _workers(out, launcher)
        os.kill(workers[-1], signal.SIGTERM)
        launcher.wait(timeout=120)
    said = (tmp_path / "first.txt").read_text()
    codes = re.findall(r"exitcode  : (-?\d+)", said)
    assert codes in (["143", "143"], ["-15", "143"]), said  # torchrun ends one that is leaving
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu",
                  "--num_machines=1", "--num_processes=2", "--main_process_port=0",
                  "--mixed_precision=no", "--dynamo_backend=no"]  # fmt: skip
    with _started([*accelerate, *command], tmp_path / "second.txt") as launcher:
        assert launcher.wait(timeout=120) == 0, (tmp_path / "second.txt").read_text()
    _check_run(out)


def _check_run(out: Path) -> None:
    rows = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    kinds = [row["kind"] for row in rows]
    assert [row["step"] for row in rows if row["kind"] == "step"] == list(range(1, 61))
    assert kinds.count("development") == 2
    assert kinds.count("stopped") == 1
    state = out / "stages" / "only" / "checkpoints" / "checkpoint-000060" / "state"
    assert (state / "process-1.json").is_file(), "accelerate started one process"
    assert (out / "report.html").is_file()
    checkpoint.load(str(out / "model"), place=Place(device="cpu"))


def _command(folder: Path) -> list[str]:
    labels = ("happy", "sad", "angry", "neutral")
    rows = [f"{n},{n}.wav,{labels[n % 4]},so it is {n},{'dev' if n % 8 == 7 else 'train'}"
            for n in range(32)]  # fmt: skip
    (folder / "made.csv").write_text("\n".join(["id,path,label,subtitle,split", *rows]) + "\n")
    (folder / "recipe.toml").write_text(RECIPE.format(path=folder / "made.csv"))
    return ["-m", "affectlens", "train", str(folder / "recipe.toml"), "-o", str(folder / "run")]


def _started(command: list[str], told: Path) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    with told.open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, env=environ)


def _workers(out: Path, launcher: Any) -> list[int]:
    """The processes that learn, once they have begun to."""
    journal = out / "journal.jsonl"
    while launcher.poll() is None and (
        not journal.exists() or journal.read_text().count('"kind": "step"') < 3
    ):
        time.sleep(0.05)
    assert launcher.poll() is None, "it ended before it learned"
    children = psutil.Process(launcher.pid).children()
    return [one.pid for one in children if "affectlens" in one.cmdline()]


def test_a_launcher_that_starts_one_process_of_many_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `accelerate launch --cpu --num_processes 2` does, and says nothing."""
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_PORT", "29500")
    recipe = Recipe(
        data={"made": Data(path="nowhere")},
        stages={"only": Stage()},
        engine=Engine(device="cpu"),
    )
    with pytest.raises(ConfigError, match=r"starts one process.*torchrun"):
        processes.gather(recipe, RunFolder(tmp_path))
