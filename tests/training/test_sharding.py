"""FSDP2 on the CPU: each process holds its part, and learns what one process learns."""

import os
from pathlib import Path

import pytest
from tests.model.affect_models import CPU
from tests.training.launched_runs import apart, developed_apart, launched, told, weights_apart

from affectlens.foundation.errors import ConfigError
from affectlens.model import checkpoint
from affectlens.training import sharding
from affectlens.training.newest import newest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]
CHECKPOINTS = Path("stages", "only", "checkpoints")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launched(tmp_path_factory.mktemp("sharded"), "sharded")


@pytest.mark.parametrize(
    ("one", "shards"),
    [
        ("packed-1", "packed-fsdp"),
        ("packed-1", "packed-again-fsdp"),
        ("connectors-1", "connectors-fsdp"),
        ("language-1", "language-fsdp"),
    ],
)
def test_shards_learn_what_one_process_learns(runs: Path, one: str, shards: str) -> None:
    """LoRA, LoRA with activations computed again, connectors alone, and all with tied weights."""
    assert apart(runs / one, runs / shards) <= 1e-5
    assert weights_apart(runs / one, runs / shards) <= 1e-5
    assert developed_apart(runs / one, runs / shards) <= 1e-5


def test_each_process_holds_half_of_the_weights_in_units_of_a_layer(runs: Path) -> None:
    whole = told(runs / "packed-1")
    halves = [told(runs / "packed-fsdp", rank) for rank in (0, 1)]
    assert [half["bytes"] for half in halves] == [whole["bytes"] / 2] * 2
    assert whole["units"] == []
    layers = ["language.model.layers.0", "language.model.layers.1"]
    assert all(set(layers) < set(half["units"]) for half in halves)


def test_a_frozen_half_precision_base_and_float32_learners_share_units(runs: Path) -> None:
    """The same to the precision of bfloat16, of which autocast and FSDP2 round differently."""
    assert apart(runs / "bf16-2", runs / "bf16-fsdp") <= 0.05
    plain, shards = told(runs / "bf16-2"), told(runs / "bf16-fsdp")
    assert shards["bytes"] == plain["bytes"] / 2


@pytest.mark.parametrize("kind", ["packed", "language"])
def test_one_process_loads_and_resumes_what_shards_saved_and_the_other_way_round(
    runs: Path, kind: str
) -> None:
    place = newest(runs / f"{kind}-fsdp" / CHECKPOINTS)
    assert place is not None
    checkpoint.load(str(place), place=CPU)
    for run in (f"{kind}-fsdp-to-1", f"{kind}-1-to-fsdp"):
        assert told(runs / run)["steps"].keys() == {"3", "4"}
        assert apart(runs / f"{kind}-1", runs / run) <= 1e-5
        assert weights_apart(runs / f"{kind}-1", runs / run) <= 1e-5


def test_the_older_fsdp_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not sharding.wanted()
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(ConfigError, match="fsdp_version: 2"):
        sharding.wanted()
