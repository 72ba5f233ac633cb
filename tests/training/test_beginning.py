"""What a run begins with: weights of parts in their place, or a word on what cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.part import Part
from affectlens.training import beginning
from affectlens.training.engine import Engine
from affectlens.training.recipe import Data, Recipe, Stage, Start

LORA = "language.model.layers.0.self_attn.q_proj.lora_A.default"
RECIPE = Recipe(
    system=Part("words"),
    size="tiny",
    data={"a": Data(path="a")},
    stages={"one": Stage()},
    engine=Engine(device="cpu"),
)


@pytest.mark.parametrize("prefix", [LORA, f"{LORA}."])
def test_parts_lie_by_what_stands_before_their_names(tmp_path: Path, prefix: str) -> None:
    drawn, _ = beginning.begin(RECIPE, beginning.system_of(RECIPE))
    ones = torch.ones_like(drawn.model.get_parameter(f"{LORA}.weight"))
    save_file({"weight": ones}, tmp_path / "ones.safetensors")
    recipe = replace(RECIPE, start=Start(parts={prefix: str(tmp_path)}))
    begun, told = beginning.begin(recipe, beginning.system_of(recipe))
    assert torch.equal(begun.model.get_parameter(f"{LORA}.weight"), ones)
    assert "tensors are new" in told[0]


def test_an_attention_that_is_not_installed_is_told_before_anything_is_loaded() -> None:
    with pytest.raises(UnavailableError, match="wants a GPU and the package flash-attn"):
        beginning.place_of(Engine(attention="flash_attention_2"))


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="no model 'nothing' to start from"):
        beginning.resume_from("nothing", RECIPE)
