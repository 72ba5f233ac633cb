"""Samples end to end in one row: the numbers of each alone, whatever the family and attention."""

# T tokens, V vocabulary

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tests.model.affect_models import CPU, SAMPLES, SYSTEM, Sample, batch, features, small, trained
from torch import Tensor
from transformers import (
    GPT2Config,
    GPTNeoConfig,
    MambaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
    RecurrentGemmaConfig,
)
from transformers.modeling_flash_attention_utils import prepare_fa_kwargs_from_position_ids

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import packed
from affectlens.model.config import AffectLMConfig
from affectlens.model.language import load_language
from affectlens.model.network import AffectLM
from affectlens.model.padded import pad

FAMILIES = ("llama", "smollm2", "qwen2", "qwen3", "gemma3", "mistral")
SHAPE: dict[str, Any] = {
    "vocab_size": 264,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
WINDOWS: tuple[PreTrainedConfig, ...] = (
    MistralConfig(**SHAPE, sliding_window=4),
    Qwen2Config(**SHAPE, use_sliding_window=True, sliding_window=4, max_window_layers=1),
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> AffectLM:
    made = trained(dataclasses.replace(SYSTEM, language=f"tiny:{request.param}"))
    packed.prepare(made)
    return made


@pytest.fixture
def llama() -> AffectLM:
    made = trained()
    packed.prepare(made)
    return made


def of(config: PreTrainedConfig) -> AffectLM:
    torch.manual_seed(0)
    plain = dataclasses.replace(SYSTEM, lora=None)
    model = AffectLM(AffectLMConfig(system=plain, text_config=config))
    model.eval()
    return model


def row(samples: Sequence[Sample]) -> dict[str, Any]:
    """The samples with their answers as one packed row."""
    alone = [batch([one], training=True) for one in samples]
    made: dict[str, Any] = {
        name: torch.cat([one[name] for one in alone], 1) for name in ("input_ids", "slots")
    }
    made["lengths"] = [one["input_ids"].shape[1] for one in alone]
    made["streams"] = batch(samples)["streams"]
    return made


def logits_of(model: AffectLM, given: dict[str, Any]) -> Tensor:
    logits_TV: Tensor = model(**given).logits[0]
    return logits_TV


def gradients(model: AffectLM, given: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """Of the squares of all logits, which hang on every token."""
    model.zero_grad()
    sum((logits_of(model, one) ** 2).mean(1).sum() for one in given).backward()  # type: ignore[union-attr]
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def alone(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [{k: v for k, v in batch([s], training=True).items() if k != "labels"} for s in samples]


def check(model: AffectLM) -> None:
    with torch.no_grad():
        apart = torch.cat([logits_of(model, one) for one in alone(SAMPLES)])
        torch.testing.assert_close(logits_of(model, row(SAMPLES)), apart, atol=1e-5, rtol=1e-5)
    wanted = gradients(model, alone(SAMPLES))
    torch.testing.assert_close(gradients(model, [row(SAMPLES)]), wanted, atol=1e-5, rtol=1e-5)


def test_a_row_gives_numbers_and_gradients_of_its_samples_alone(model: AffectLM) -> None:
    assert "packed_lengths" in packed.arguments(model.language, [3, 4], torch.zeros(1))
    check(model)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_model_that_was_not_prepared_gives_the_same(attention: str) -> None:
    model = trained()
    model.set_attn_implementation(attention)
    check(model)


@pytest.mark.parametrize("config", WINDOWS, ids=lambda config: config.model_type)
def test_windows_slide_within_a_sample(config: PreTrainedConfig) -> None:
    model = of(config)
    packed.prepare(model)
    assert "packed_lengths" not in packed.arguments(model.language, [3, 5], torch.zeros(1))
    assert "packed_lengths" in packed.arguments(model.language, [3, 4], torch.zeros(1))
    check(model)


def test_a_family_with_learned_positions_starts_them_anew() -> None:
    model = of(GPT2Config(vocab_size=264, n_positions=64, n_embd=32, n_layer=2, n_head=2))
    packed.prepare(model)
    check(model)


def test_no_sample_sees_another(model: AffectLM) -> None:
    before = row(SAMPLES)
    changed = row([*SAMPLES[:2], Sample((90, 91, 92, 93, 94), (95, 2), 6, context=True)])
    first = sum(before["lengths"][:2])
    with torch.no_grad():
        logits = [logits_of(model, one)[:first] for one in (before, changed)]
        assert torch.equal(*logits)
        given = row(SAMPLES)
        given["streams"]["patches"]["sources"][0]["values_NTD"][0] += 1  # of the first sample
        moved, plain = logits_of(model, given), logits_of(model, before)
    first = before["lengths"][0]
    assert not torch.allclose(moved[:first], plain[:first], atol=1e-3)
    assert torch.equal(moved[first:], plain[first:])


def test_gradient_checkpointing_gives_the_same_gradients(model: AffectLM) -> None:
    model.train()
    plain = gradients(model, [row(SAMPLES)])
    model.activation_checkpointing_enable()
    try:
        again = gradients(model, [row(SAMPLES)])
    finally:
        model.activation_checkpointing_disable()
        model.eval()
    torch.testing.assert_close(again, plain)


def test_a_cache_is_never_made_for_a_row(llama: AffectLM) -> None:
    assert llama(**row(SAMPLES), use_cache=True).past_key_values is None


def test_a_prepared_model_answers_and_is_kept_as_before(llama: AffectLM) -> None:
    plain = trained()
    given = batch(SAMPLES, left=True)
    wanted = plain.generate(**given, max_new_tokens=5)
    assert torch.equal(llama.generate(**given, max_new_tokens=5), wanted)
    assert llama.config.to_json_string() == plain.config.to_json_string()


def test_flash_attention_is_told_what_transformers_makes_of_the_positions() -> None:
    language = load_language("tiny:llama", CPU)
    language.config._attn_implementation_internal = "flash_attention_2"
    lengths = [3, 1, 5]
    told = packed.arguments(language, lengths, torch.zeros(1))
    ends, longest = prepare_fa_kwargs_from_position_ids(packed.positions(lengths))
    assert torch.equal(told["cu_seq_lens_q"], ends[0])
    assert torch.equal(told["cu_seq_lens_k"], ends[1])
    assert told["cu_seq_lens_q"].dtype == ends[0].dtype
    assert (told["max_length_q"], told["max_length_k"]) == tuple(int(n) for n in longest)
    assert told["attention_mask"] is None


@pytest.mark.parametrize(
    "config",
    [
        MambaConfig(vocab_size=264, hidden_size=32, num_hidden_layers=1),
        RecurrentGemmaConfig(**SHAPE),
        GPTNeoConfig(
            vocab_size=264,
            hidden_size=32,
            num_layers=1,
            num_heads=2,
            attention_types=[[["global"], 1]],
        ),
    ],
    ids=lambda config: config.model_type,
)
def test_a_family_that_cannot_keep_samples_apart_is_refused(config: PreTrainedConfig) -> None:
    with pytest.raises(ConfigError, match=r"cannot keep samples apart.*bucketed"):
        packed.prepare(of(config))


def test_lengths_that_are_not_the_rows_are_told(llama: AffectLM) -> None:
    given = row(SAMPLES)
    given["lengths"][-1] += 1
    with pytest.raises(InputError, match="end to end"):
        llama(**given)


def test_a_sample_without_its_slots_is_named(llama: AffectLM) -> None:
    given = row(SAMPLES)
    given["streams"]["patches"]["sources"] = [pad([features(4, 0), features(4, 1)])]
    with pytest.raises(InputError, match=r"Sample 2 .* 4 slots for 'patches'.* give 2 tokens"):
        llama(**given)


def test_connectors_that_no_sample_needs_get_gradients_of_zero() -> None:
    model = small()
    given = row([SAMPLES[3]])
    assert not given["streams"]
    model(**given).logits.sum().backward()
    trained_ones = {n: p for n, p in model.named_parameters() if p.requires_grad}
    assert all(p.grad is not None for p in trained_ones.values())
    of_connectors = [p.grad for n, p in trained_ones.items() if n.startswith("connectors.")]
    assert of_connectors
    assert not any(gradient.any() for gradient in of_connectors if gradient is not None)


def test_nothing_is_touched_that_is_frozen_or_where_nothing_learns() -> None:
    model = small()
    given = row([SAMPLES[3]])
    for parameter in model.connectors.parameters():
        parameter.data.fill_(torch.nan)  # would be seen
    with torch.no_grad():
        assert model.embed(given).isfinite().all()
    model.requires_grad_(requires_grad=False)
    found = model.embed(given)
    assert found.isfinite().all()
    assert not found.requires_grad
