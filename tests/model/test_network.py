"""AffectLM: the same numbers however samples are batched, for every family of language models."""

# B samples, T tokens, V vocabulary

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.model.affect_models import CPU, SAMPLES, SYSTEM, Sample, batch, small, trained
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GenerationConfig,
    GPT2Config,
    TextStreamer,
)

from affectlens.encoders.features import Features
from affectlens.foundation.errors import InputError
from affectlens.model.config import AffectLMConfig
from affectlens.model.language import load_language
from affectlens.model.network import AffectLM, positions, register

FAMILIES = ("llama", "smollm2", "qwen2", "qwen3", "gemma3", "mistral")
KEYS = Path(__file__).with_name("tiny_llama_keys.json")


def of(family: str) -> AffectLM:
    return trained(dataclasses.replace(SYSTEM, language=f"tiny:{family}"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> AffectLM:
    return of(request.param)


@pytest.fixture(scope="module")
def llama() -> AffectLM:
    return of("llama")


@torch.no_grad()
def last_logits(model: AffectLM, given: dict[str, Any]) -> Tensor:
    logits_BV: Tensor = model(**given).logits[:, -1]
    return logits_BV


def test_a_batch_gives_the_numbers_of_its_samples_alone(model: AffectLM) -> None:
    together = last_logits(model, batch(SAMPLES, left=True, more=3))
    alone = torch.cat([last_logits(model, batch([one])) for one in SAMPLES])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_a_batch_generates_what_its_samples_generate_alone(model: AffectLM) -> None:
    together = model.generate(**batch(SAMPLES, left=True), max_new_tokens=6, min_new_tokens=6)
    alone = [model.generate(**batch([s]), max_new_tokens=6, min_new_tokens=6) for s in SAMPLES]
    assert together.tolist() == torch.cat(alone).tolist()
    assert together.shape == (len(SAMPLES), 6)


def test_a_family_that_counts_positions_from_the_first_token_is_batched_alike() -> None:
    gpt2 = GPT2Config(vocab_size=264, n_positions=64, n_embd=32, n_layer=2, n_head=2)
    config = AffectLMConfig(system=dataclasses.replace(SYSTEM, lora=None), text_config=gpt2)
    torch.manual_seed(0)
    model = AffectLM(config).eval()
    together = last_logits(model, batch(SAMPLES, left=True, more=3))
    alone = torch.cat([last_logits(model, batch([one])) for one in SAMPLES])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_padding_on_the_right_changes_no_loss(model: AffectLM) -> None:
    plain, padded = (model(**batch(SAMPLES, training=True, more=n)).loss for n in (0, 7))
    torch.testing.assert_close(plain, padded, atol=1e-6, rtol=1e-6)


def test_the_loss_is_the_mean_over_all_learned_tokens_of_the_batch(model: AffectLM) -> None:
    losses = [model(**batch([one], training=True)).loss.item() for one in SAMPLES]
    counts = [len(one.answer) for one in SAMPLES]
    mean = sum(loss * n for loss, n in zip(losses, counts, strict=True)) / sum(counts)
    loss = model(**batch(SAMPLES, training=True)).loss.item()
    assert loss == pytest.approx(mean, abs=1e-5)
    halved = model(**batch(SAMPLES, training=True), num_items_in_batch=2 * sum(counts)).loss
    assert halved.item() == pytest.approx(mean / 2, abs=1e-5)


def test_backward_reaches_what_is_declared_to_train_and_nothing_else(model: AffectLM) -> None:
    model.zero_grad()
    model(**batch(SAMPLES, training=True)).loss.backward()
    learned = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    declared = {n for n, _ in model.named_parameters() if ".lora_" in n or "connectors." in n}
    assert learned == declared
    model.zero_grad()


def test_gradient_checkpointing_gives_the_same_gradients(model: AffectLM) -> None:
    def gradients() -> dict[str, Tensor]:
        model.train()
        model.zero_grad()
        model(**batch(SAMPLES, training=True)).loss.backward()
        found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
        model.zero_grad()
        return found

    plain = gradients()
    assert model(**batch(SAMPLES, training=True)).past_key_values is None, (
        "it would be kept in vain"
    )
    model.activation_checkpointing_enable()
    assert all(layer.gradient_checkpointing for layer in model.language.model.layers)
    try:
        again = gradients()
    finally:
        model.activation_checkpointing_disable()
        model.eval()
    torch.testing.assert_close(again, plain)


def test_what_masked_positions_hold_does_not_matter(llama: AffectLM) -> None:
    given = batch(SAMPLES, left=True, more=2)
    expected = last_logits(llama, given)
    given["input_ids"] = given["input_ids"].where(given["attention_mask"] == 1, 99)
    torch.testing.assert_close(last_logits(llama, given), expected)


def test_sdpa_and_eager_attention_agree(llama: AffectLM) -> None:
    given = batch(SAMPLES, left=True)
    assert llama.language.config._attn_implementation == "sdpa"
    expected = last_logits(llama, given)
    llama.set_attn_implementation("eager")
    try:
        found = last_logits(llama, given)
        assert llama.language.config._attn_implementation == "eager"
    finally:
        llama.set_attn_implementation("sdpa")
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_zero_features_are_a_token_of_the_bias_and_not_no_token(llama: AffectLM) -> None:
    sample = Sample((10, 11), (65,), 0, context=True)
    assert sample.context is not None
    sample.context = Features(0 * sample.context.values_TD, sample.context.times_T)
    given = batch([sample])
    connector = llama.connectors["context"]
    assert isinstance(connector.linear, nn.Linear)
    embeddings = llama.embed(given)
    assert torch.equal(embeddings[given["slots"] == 2][0], connector.linear.bias)
    without = last_logits(llama, batch([Sample((10, 11), (65,), 0, context=False)]))
    assert not torch.allclose(last_logits(llama, given), without, atol=1e-3)


def test_features_change_the_answer_of_their_own_sample_only(llama: AffectLM) -> None:
    given = batch(SAMPLES, left=True)
    before = last_logits(llama, given)
    given["streams"]["patches"]["sources"][0]["values_NTD"][0] += 1
    after = last_logits(llama, given)
    assert not torch.allclose(after[0], before[0], atol=1e-3)
    torch.testing.assert_close(after[1:], before[1:])


def test_a_stream_that_the_system_lacks_is_named(llama: AffectLM) -> None:
    given = batch(SAMPLES)
    given["streams"]["smell"] = given["streams"]["patches"]
    with pytest.raises(InputError, match=r"no streams \['smell'\].* has: patches, context"):
        llama(**given)


def test_positions_count_real_tokens_from_either_side() -> None:
    mask = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 0]])
    assert positions(mask, 4).tolist() == [[0, 0, 0, 1], [0, 1, 2, 2]]
    assert positions(mask, 1).tolist() == [[1], [2]]


def test_a_cached_prefix_gives_the_numbers_of_the_whole(llama: AffectLM) -> None:
    given = batch(SAMPLES, left=True)
    whole = last_logits(llama, given)
    embeddings, mask = llama.embed(given), given["attention_mask"]
    with torch.no_grad():
        first = llama(inputs_embeds=embeddings[:, :-2], attention_mask=mask[:, :-2], use_cache=True)
        rest = llama(
            inputs_embeds=embeddings[:, -2:],
            attention_mask=mask,
            past_key_values=first.past_key_values,
        )
    torch.testing.assert_close(rest.logits[:, -1], whole, atol=1e-5, rtol=1e-5)


def test_only_wanted_logits_are_made_and_their_labels_fit(llama: AffectLM) -> None:
    given = batch(SAMPLES, training=True)
    out = llama(**given, logits_to_keep=12)
    assert out.logits.shape[1] == 12
    kept = {**given, "labels": given["labels"].clone()}
    kept["labels"][:, :-11] = -100  # the first of the kept predicts the second
    torch.testing.assert_close(out.loss, llama(**kept).loss)


def test_generation_is_greedy_whatever_the_checkpoint_likes() -> None:
    model = of("llama")
    plain = model.generate(**batch(SAMPLES, left=True), max_new_tokens=5)
    language = load_language("tiny:llama", CPU)
    language.generation_config = GenerationConfig(
        do_sample=True, temperature=9.0, repetition_penalty=9.0, eos_token_id=[2, 3], bos_token_id=1
    )
    again = AffectLM(model.config, language).eval()
    again.load_state_dict(model.state_dict())
    assert not again.generation_config.do_sample
    assert again.generation_config.eos_token_id == [2, 3]
    assert again.generate(**batch(SAMPLES, left=True), max_new_tokens=5).tolist() == plain.tolist()


def test_a_static_cache_beams_and_sampling_are_transformers_own(llama: AffectLM) -> None:
    given = batch(SAMPLES, left=True)
    plain = llama.generate(**given, max_new_tokens=5)
    static = llama.generate(**given, max_new_tokens=5, cache_implementation="static")
    assert static.tolist() == plain.tolist()
    beams = llama.generate(**given, max_new_tokens=5, num_beams=3, num_return_sequences=2)
    assert beams.shape == (2 * len(SAMPLES), 5)
    torch.manual_seed(0)
    drawn = llama.generate(**given, max_new_tokens=5, do_sample=True, temperature=5.0)
    assert drawn.tolist() != plain.tolist()


def test_tokens_can_be_streamed(llama: AffectLM) -> None:
    class Ids(TextStreamer):
        def __init__(self) -> None:
            self.seen: list[int] = []

        def put(self, value: Tensor) -> None:
            self.seen += value.flatten().tolist()

        def end(self) -> None:
            self.seen.append(-1)

    streamer = Ids()
    ids = llama.generate(**batch(SAMPLES[:1]), max_new_tokens=5, streamer=streamer)
    assert streamer.seen[-6:] == [*ids[0].tolist(), -1]


def test_lower_precision_of_the_language_model_goes_with_float32_for_what_trains() -> None:
    model = of("llama").to(torch.bfloat16).freeze(torch.float32)
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    model(**batch(SAMPLES, training=True)).loss.backward()
    plain = last_logits(model, batch(SAMPLES, left=True))
    with torch.autocast("cpu", torch.bfloat16):
        model(**batch(SAMPLES, training=True)).loss.backward()
        mixed = last_logits(model, batch(SAMPLES, left=True))
    torch.testing.assert_close(mixed.float(), plain.float(), atol=0.1, rtol=0.1)
    assert all(p.grad.dtype == p.dtype for p in model.parameters() if p.grad is not None)
    generated = model.generate(**batch(SAMPLES, left=True), max_new_tokens=3)
    assert generated.shape == (4, 3)


def test_the_parameters_of_the_tiny_model_keep_their_names() -> None:
    """What is renamed can no longer be loaded; write the file anew only when that is meant."""
    assert list(small().state_dict()) == json.loads(KEYS.read_text(encoding="utf-8"))


def test_the_auto_classes_know_the_model_once_registered(tmp_path: Path) -> None:
    register()
    model = of("smollm2")
    model.save_pretrained(tmp_path)
    assert type(AutoConfig.from_pretrained(tmp_path)) is type(model.config)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert isinstance(again, AffectLM)
    assert again.language.lm_head.weight is again.get_input_embeddings().weight
