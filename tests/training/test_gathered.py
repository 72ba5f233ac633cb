"""What processes hold in shards is written whole, and read by one process or by several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.sharded_run import Run, model_of

from affectlens.foundation.device import Place
from affectlens.model import checkpoint
from affectlens.training import gathered, states

RUNNER = Path(__file__).with_name("sharded_run.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes of FSDP2, with and without a language model that learns."""
    folder = tmp_path_factory.mktemp("shards")
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    command = [sys.executable, str(RUNNER), str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environ, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("language", [False, True])
def test_shards_go_on_from_what_was_written_bit_for_bit(written: Path, language: bool) -> None:
    folder = written / str(language)
    last, again = load_file(folder / "last.safetensors"), load_file(folder / "again.safetensors")
    middle = load_file(folder / "middle.safetensors")
    assert last.keys() == again.keys()
    assert all(torch.equal(value, again[name]) for name, value in last.items())
    assert any(not torch.equal(value, middle[name]) for name, value in last.items())


@pytest.mark.parametrize("language", [False, True])
def test_one_process_reads_the_model_of_two(written: Path, language: bool) -> None:
    folder = written / str(language)
    found = checkpoint.load(str(folder / "model"), place=Place(device="cpu")).model.state_dict()
    for name, value in load_file(folder / "middle.safetensors").items():
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize("language", [False, True])
def test_one_process_goes_on_where_two_were(written: Path, language: bool) -> None:
    folder = written / str(language)
    run = Run(model_of(language), shards=False)
    gathered.read_model(run.model, folder / "model")
    gathered.set_optimizer_state(run.optimizer, states.read(folder / "optimizer"))
    found = run.learn(2)
    for name, value in load_file(folder / "last.safetensors").items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=1e-6)
