"""Every published system can be had at a tiny size, the same each time."""

import json
from pathlib import Path

import pytest
import torch
from tests.model.affect_models import CPU

from affectlens.model import checkpoint, published
from affectlens.model.declaration import System
from affectlens.model.tiny import shrink


@pytest.fixture(params=published.names())
def system(request: pytest.FixtureRequest) -> System:
    return published.published(request.param)


def test_shrinking_keeps_prompt_and_streams_and_the_scale_of_lora(system: System) -> None:
    tiny = shrink(system)
    assert (tiny.training, tiny.generation) == (system.training, system.generation)
    assert [s.name for s in tiny.streams] == [s.name for s in system.streams]
    assert [len(s.sources) for s in tiny.streams] == [len(s.sources) for s in system.streams]
    assert tiny.language == "tiny:llama"
    if system.lora and tiny.lora:
        assert tiny.lora.rank <= 4
        scale = system.lora.alpha / system.lora.rank
        assert tiny.lora.alpha / tiny.lora.rank == pytest.approx(scale)


def test_a_tiny_declaration_goes_through_json(system: System) -> None:
    tiny = shrink(system)
    assert System.from_json(json.loads(json.dumps(tiny.as_json()))) == tiny


def test_a_tiny_system_comes_back_from_its_folder_with_every_buffer(
    system: System, tmp_path: Path
) -> None:
    made = checkpoint.create(shrink(system), place=CPU)
    checkpoint.save(*made, tmp_path / "whole")
    again = checkpoint.load(str(tmp_path / "whole"), place=CPU)
    buffers = (dict(model.named_buffers()) for model in (again.model, made.model))
    torch.testing.assert_close(*buffers, atol=0, rtol=0)
    torch.testing.assert_close(again.model.state_dict(), made.model.state_dict(), atol=0, rtol=0)


def test_the_same_seed_gives_the_same_model_and_leaves_other_chance_alone(system: System) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second, third = (
        checkpoint.create(shrink(system), place=CPU, seed=seed).model.state_dict()
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.rand(3), expected)
    torch.testing.assert_close(first, second, atol=0, rtol=0)
    assert any(not torch.equal(first[name], third[name]) for name in first)
