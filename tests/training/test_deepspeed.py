"""ZeRO-2 by a DeepSpeed config, where DeepSpeed is installed; a clear word where it is not."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.training.launched_runs import apart, developed_apart, launched, told, weights_apart

from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.training import zero

INSTALLED = importlib.util.find_spec("deepspeed") is not None
wants_it = pytest.mark.skipif(not INSTALLED, reason="DeepSpeed is not installed")


@pytest.fixture
def by_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)  # as if it were there


def settings(folder: Path, found: Any) -> Any:
    path = folder / "zero.json"
    path.write_text(json.dumps(found))
    return zero.settings(str(path))


@pytest.mark.skipif(INSTALLED, reason="DeepSpeed is installed")
def test_without_the_package_it_is_named() -> None:
    with pytest.raises(UnavailableError, match="pip install deepspeed"):
        zero.settings("zero.json")


@pytest.mark.usefixtures("by_launcher")
def test_a_config_leaves_batch_precision_and_clipping_to_the_recipe(tmp_path: Path) -> None:
    found = settings(tmp_path, {"zero_optimization": {"stage": 2}})
    assert found["zero_optimization"] == {"stage": 2}
    assert found["train_batch_size"] == found["gradient_clipping"] == "auto"


@pytest.mark.usefixtures("by_launcher")
@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"optimizer": {}, "scheduler": {}}, "optimizer and scheduler.*leave them out"),
        ({"zero_optimization": {"stage": 3}}, "stage 3.*FSDP2"),
        ([], "no table"),
    ],
)
def test_a_config_that_would_overrule_the_recipe_is_refused(
    tmp_path: Path, found: Any, why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        settings(tmp_path, found)


def test_it_wants_a_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    with pytest.raises(ConfigError, match="torchrun"):
        settings(tmp_path, {})


@wants_it
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_zero_2_learns_what_one_process_learns_and_goes_on(tmp_path: Path) -> None:
    """Streams are missing, so that gradients come to each process in its own order."""
    runs = launched(tmp_path, "zero", DS_ACCELERATOR="cpu")
    for run in ("packed-zero", "packed-zero-to-zero"):
        assert apart(runs / "packed-1", runs / run) <= 1e-5
        assert weights_apart(runs / "packed-1", runs / run) <= 1e-5
        assert developed_apart(runs / "packed-1", runs / run) <= 1e-5
    assert told(runs / "packed-zero-to-zero")["steps"].keys() == {"3", "4"}
