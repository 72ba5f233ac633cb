"""Full-size parameter counts of spec §1.5, on the meta device: nothing is allocated."""

import pytest
import torch
from transformers import LlamaConfig

from affectlens.model.config import AffectLMConfig
from affectlens.model.network import AffectLM
from affectlens.model.published import published


@pytest.fixture(scope="module")
def model() -> AffectLM:
    llama_2_7b = LlamaConfig(
        vocab_size=32000,
        hidden_size=4096,
        intermediate_size=11008,
        num_hidden_layers=32,
        num_attention_heads=32,
    )
    config = AffectLMConfig(system=published("emotion_llama"), text_config=llama_2_7b)
    with torch.device("meta"):
        return AffectLM(config)


def count(model: AffectLM, part: str) -> int:
    return sum(p.numel() for name, p in model.named_parameters() if part in name)


def test_lora_has_as_many_parameters_as_the_paper_counts(model: AffectLM) -> None:
    assert count(model, ".lora_") == 33_554_432


def test_the_language_model_below_is_llama_2_7b(model: AffectLM) -> None:
    assert count(model, "language.") - count(model, ".lora_") == 6_738_415_616


def test_every_projection_has_its_size(model: AffectLM) -> None:
    found = {name: count(model, f"connectors.{name}.") for name in model.connectors}
    assert found == {
        "patches": 23_072_768,
        "local": 4_198_400,
        "temporal": 4_198_400,
        "audio": 4_198_400,
        "context": 5_771_264,
    }
    assert count(model, "connectors.") == 41_439_232


def test_what_trains_is_lora_and_projections_and_no_more(model: AffectLM) -> None:
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == 74_993_664


def test_a_released_file_must_have_138_of_our_tensors(model: AffectLM) -> None:
    assert sum(p.requires_grad for p in model.parameters()) == 138
