"""LoRA: exact before it learns, the same when merged, several at once."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.model.affect_models import CPU, LORA, SAMPLES, SYSTEM, batch, small, trained
from torch import Tensor

from affectlens.foundation.errors import ConfigError
from affectlens.model import checkpoint, lora
from affectlens.model.declaration import Lora
from affectlens.model.language import load_language
from affectlens.model.network import AffectLM

SECOND = Lora(rank=2, alpha=2, targets=("k_proj", "v_proj"))


@torch.no_grad()
def logits(model: AffectLM, given: dict[str, Any] | None = None) -> Tensor:
    found: Tensor = model(**(given or batch(SAMPLES))).logits
    return found


def disturb(model: AffectLM, name: str) -> None:
    for key, parameter in model.named_parameters():
        if f"lora_B.{name}." in key:
            torch.nn.init.normal_(parameter, std=0.3)


def test_before_the_first_step_lora_is_the_base_layer_exactly() -> None:
    model = small()
    ids = torch.tensor([[1, 50, 60, 70]])
    plain = load_language("tiny:llama", CPU)
    assert lora.names(model) == ["default"]
    with torch.no_grad():
        assert torch.equal(logits(model, {"input_ids": ids}), plain(input_ids=ids).logits)


def test_a_starts_random_and_b_zero() -> None:
    for name, parameter in small().named_parameters():
        if ".lora_A." in name:
            bound = parameter.shape[1] ** -0.5  # Kaiming's with a = √5
            assert 0.5 * bound < parameter.abs().max() <= bound
        assert ".lora_B." not in name or not parameter.any()


def test_the_scale_is_alpha_by_rank() -> None:
    layer = lora.layers(trained())["language.model.layers.0.self_attn.q_proj"]
    x = torch.randn(1, 3, 32)
    low = layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    expected = layer.base_layer(x) + LORA.alpha / LORA.rank * x @ low.T
    torch.testing.assert_close(layer(x), expected)


def test_merged_and_unmerged_agree_and_merged_has_no_lora_left() -> None:
    model = trained()
    before, ids = logits(model), model.generate(**batch(SAMPLES, left=True), max_new_tokens=5)
    lora.merge(model)
    torch.testing.assert_close(logits(model), before, atol=1e-5, rtol=1e-5)
    again = model.generate(**batch(SAMPLES, left=True), max_new_tokens=5)
    assert again.tolist() == ids.tolist()
    assert not any("lora" in name or "base_layer" in name for name in model.state_dict())
    assert model.config.declaration.lora is None


def test_adapters_are_switched_and_the_base_comes_back() -> None:
    model = small()
    base = logits(model)
    disturb(model, "default")
    first = logits(model)
    lora.add(model, SECOND, "second")
    assert lora.active(model) == "second"
    assert torch.equal(logits(model), base), "a new adapter changes nothing"
    disturb(model, "second")
    second = logits(model)
    lora.switch(model, "default")
    assert torch.equal(logits(model), first)
    lora.switch(model, None)
    assert lora.active(model) is None
    assert torch.equal(logits(model), base)
    lora.switch(model, "second")
    assert torch.equal(logits(model), second)
    assert not torch.allclose(first, second, atol=1e-3)


def test_only_the_adapter_in_use_learns() -> None:
    model = small()
    lora.add(model, SECOND, "second")
    model.freeze()
    learned = [name for name, p in model.named_parameters() if p.requires_grad and ".lora_" in name]
    assert learned
    assert all(".second." in name for name in learned)
    lora.switch(model, None)
    model.freeze()
    assert not any(p.requires_grad for n, p in model.named_parameters() if ".lora_" in n)


def test_only_the_adapter_in_use_is_merged() -> None:
    model = trained()
    lora.add(model, SECOND, "second")
    disturb(model, "second")
    expected = logits(model)
    lora.merge(model)
    torch.testing.assert_close(logits(model), expected, atol=1e-5, rtol=1e-5)


def test_a_quantized_layer_is_not_merged_into() -> None:
    model = trained()
    base = lora.layers(model)["language.model.layers.1.self_attn.v_proj"].get_base_layer()
    few_bits = base.weight.to(torch.int8)
    base.weight = torch.nn.Parameter(few_bits, requires_grad=False)
    with pytest.raises(ConfigError, match="not merged into a quantized language model"):
        lora.merge(model)
    assert lora.names(model) == ["default"]
    assert model.config.declaration.lora == LORA


def test_a_model_with_two_adapters_comes_back_from_its_folder(tmp_path: Path) -> None:
    model = trained()
    first = logits(model)
    lora.add(model, SECOND, "second")
    disturb(model, "second")
    second = logits(model)
    model.save_pretrained(tmp_path)
    again = AffectLM.from_pretrained(tmp_path)
    assert lora.active(again) == "default"
    assert torch.equal(logits(again), first)
    lora.switch(again, "second")
    assert torch.equal(logits(again), second)


def test_wrong_names_are_refused() -> None:
    model = small()
    with pytest.raises(ConfigError, match="no adapter 'third'; it has: default"):
        lora.switch(model, "third")
    with pytest.raises(ConfigError, match="'default' already"):
        lora.add(model, SECOND, "default")
    with pytest.raises(ConfigError, match="'qkv'; LlamaForCausalLM has none"):
        lora.add(model, Lora(rank=1, alpha=1, targets=("qkv",)), "second")


def test_what_was_merged_is_never_written_without_its_language_model(tmp_path: Path) -> None:
    model, processor = checkpoint.create(SYSTEM, place=CPU)
    disturb(model, "default")
    lora.merge(model)
    with pytest.raises(ConfigError, match="LoRA was merged"):
        checkpoint.save_trained(model, processor, tmp_path / "trained")
    checkpoint.save(model, processor, tmp_path / "whole")
    again = checkpoint.load(str(tmp_path / "whole"), place=CPU)
    torch.testing.assert_close(logits(again.model), logits(model))
    lora.add(again.model, SECOND, "second")
    with pytest.raises(ConfigError, match="LoRA was merged"):
        checkpoint.save_trained(*again, tmp_path / "trained")
    assert not (tmp_path / "trained").exists()


def test_lora_taken_out_unused_leaves_the_declared_language_model(tmp_path: Path) -> None:
    model, processor = checkpoint.create(SYSTEM, place=CPU)
    lora.switch(model, None)
    lora.merge(model)
    checkpoint.save_trained(model, processor, tmp_path / "trained")
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU)
    assert lora.names(again.model) == []
    torch.testing.assert_close(logits(again.model), logits(model))


def test_an_adapter_is_named_so_that_a_parameter_can_be() -> None:
    for wrong in ("a.b", ""):
        with pytest.raises(ConfigError, match="cannot name an adapter"):
            lora.add(small(), SECOND, wrong)
