"""Label scoring gives what a plain pass over each prompt and label gives, for one and for many."""

# B samples, T tokens, L labels, D width

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.model import scoring

WIDTH, END = 32, 2
# Shared beginnings, one that begins another, different lengths.
LABELS = ((9, END), (9, 7, END), (11, 12, 13, END), (11, 12, 14, END), (21, END), (22, 9, END))
LENGTHS = (13, 4, 9)
SMALL: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
FAMILIES = {
    "llama": lambda: (LlamaForCausalLM, LlamaConfig(**SMALL)),
    "mistral, a window everywhere": lambda: (
        MistralForCausalLM,
        MistralConfig(**SMALL, sliding_window=6),
    ),
    "qwen2": lambda: (Qwen2ForCausalLM, Qwen2Config(**SMALL)),
    "qwen2, a window in half": lambda: (
        Qwen2ForCausalLM,
        Qwen2Config(**SMALL, use_sliding_window=True, sliding_window=6, max_window_layers=2),
    ),
    "qwen3": lambda: (Qwen3ForCausalLM, Qwen3Config(**SMALL, head_dim=8)),
    "gemma3, a window in most": lambda: (
        Gemma3ForCausalLM,
        Gemma3TextConfig(
            **SMALL,
            head_dim=8,
            sliding_window=6,
            layer_types=["sliding_attention", "full_attention"] * 2,
        ),
    ),
    "gpt_neox": lambda: (
        GPTNeoXForCausalLM,
        GPTNeoXConfig(**{k: v for k, v in SMALL.items() if k != "num_key_value_heads"}),
    ),
}


def build(family: str, attention: str = "sdpa") -> Any:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind, config = FAMILIES[family]()
    language = kind._from_config(config, attn_implementation=attention).eval()
    with torch.no_grad():  # strong enough weights that attention to the wrong token shows
        for weight in language.parameters():
            if weight.ndim == 2:
                weight.normal_(std=0.3)
    return language


def prefixes() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(length, WIDTH, generator=generator) for length in LENGTHS]


def left_padded(parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    longest = max(map(len, parts))
    embeds_BTD = torch.full((len(parts), longest, WIDTH), 5.0)  # padding that would be noticed
    mask_BT = torch.zeros(len(parts), longest, dtype=torch.long)
    for row, part in enumerate(parts):
        embeds_BTD[row, longest - len(part) :] = part
        mask_BT[row, longest - len(part) :] = 1
    return embeds_BTD, mask_BT


@torch.inference_mode()
def plainly(language: Any, parts: Sequence[Tensor]) -> Tensor:
    """A full pass over each prompt with each label."""
    rows = []
    for part_TD in parts:
        for label in LABELS:
            behind_TD = language.get_input_embeddings()(torch.tensor(label))
            logits_TV = language(inputs_embeds=torch.cat([part_TD, behind_TD])[None]).logits[0]
            logs_TV = logits_TV.log_softmax(-1)[len(part_TD) - 1 : -1]
            rows.append(logs_TV[range(len(label)), list(label)].sum())
    return torch.stack(rows).view(len(parts), len(LABELS))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_batch_scores_like_plain_passes_one_by_one(family: str, attention: str) -> None:
    language = build(family, attention)
    wanted_BL = plainly(language, prefixes())
    found = scoring.score_labels(language, *left_padded(prefixes()), LABELS)
    torch.testing.assert_close(found.log_likelihoods_BL, wanted_BL, atol=1e-5, rtol=1e-6)
    assert (wanted_BL.max(1).values - wanted_BL.min(1).values).min() > 1  # labels do differ


@pytest.mark.parametrize("family", list(FAMILIES))
def test_one_sample_scores_as_it_does_in_a_batch(family: str) -> None:
    language = build(family)
    together = scoring.score_labels(language, *left_padded(prefixes()), LABELS)
    for row, part in enumerate(prefixes()):
        alone = scoring.score_labels(language, *left_padded([part]), LABELS)
        torch.testing.assert_close(
            alone.log_likelihoods_BL[0], together.log_likelihoods_BL[row], atol=1e-5, rtol=1e-6
        )


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "gpt_neox"])
def test_the_fallback_of_repeated_caches_says_the_same(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = build(family)
    assert scoring.takes_tree(language)
    tree = scoring.score_labels(language, *left_padded(prefixes()), LABELS)
    monkeypatch.setattr(scoring, "_TREE_FAMILIES", frozenset[str]())
    assert not scoring.takes_tree(language)
    repeated = scoring.score_labels(language, *left_padded(prefixes()), LABELS)
    torch.testing.assert_close(
        repeated.log_likelihoods_BL, tree.log_likelihoods_BL, atol=1e-5, rtol=1e-6
    )
    assert repeated.cache is None


def test_unknown_families_fall_back() -> None:
    assert not scoring.takes_tree(build("gpt_neox"))


@pytest.mark.parametrize("family", ["llama", "gemma3, a window in most"])
def test_generation_goes_on_from_the_cache_that_is_given_back(family: str) -> None:
    language = build(family)
    embeds_BTD, mask_BT = left_padded(prefixes())
    how = {"attention_mask": mask_BT, "max_new_tokens": 8, "do_sample": False, "pad_token_id": 0}
    wanted = language.generate(inputs_embeds=embeds_BTD, **how)
    cache = scoring.score_labels(language, embeds_BTD, mask_BT, LABELS).cache
    assert cache is not None
    assert cache.get_seq_length() == embeds_BTD.shape[1]
    cache.crop(-1)
    found = language.generate(inputs_embeds=embeds_BTD, past_key_values=cache, **how)
    assert found.tolist() == wanted.tolist()


def test_beginnings_that_labels_share_run_once() -> None:
    tree = scoring.plant(LABELS)
    assert tree.tokens == [9, 7, 11, 12, 13, 14, 21, 22, 9]
    assert len(tree.edges) == sum(map(len, LABELS)) - 2 - 1  # 11 and 12, and one 9, are shared


def test_labels_of_one_token_need_no_second_pass() -> None:
    language = build("llama")
    ran = []
    language.model.register_forward_hook(lambda *_: ran.append(1))
    found = scoring.score_labels(language, *left_padded(prefixes()), [(5,), (6,)])
    assert len(ran) == 1
    assert (found.log_likelihoods_BL < 0).all()


@pytest.mark.parametrize("labels", [[], [(5,), ()]])
def test_no_label_and_an_empty_label_are_refused(labels: list[tuple[int, ...]]) -> None:
    with pytest.raises(ConfigError, match="one token or more"):
        scoring.plant(labels)


SPACE = LabelSpace("two", ("happy", "worried"))


def test_probabilities_are_the_softmax_of_the_sums() -> None:
    scores = scoring.label_scores(SPACE, [-1.0, -3.0], [1, 3])
    assert scores.probabilities["happy"] == pytest.approx(1 / (1 + 2.718281828**-2))
    assert sum(scores.probabilities.values()) == pytest.approx(1)
    assert scores.log_likelihoods == {"happy": -1.0, "worried": -3.0}
    assert scores.tokens == {"happy": 1, "worried": 3}


def test_means_per_token_are_an_option() -> None:
    scores = scoring.label_scores(SPACE, [-1.0, -3.0], [1, 3], per_token=True)
    assert scores.probabilities["happy"] == pytest.approx(0.5)


def test_temperature_flattens_and_very_low_likelihoods_stay_finite() -> None:
    sharp = scoring.label_scores(SPACE, [-2000.0, -2002.0], [1, 1])
    flat = scoring.label_scores(SPACE, [-2000.0, -2002.0], [1, 1], temperature=4.0)
    assert sharp.probabilities["happy"] > flat.probabilities["happy"] > 0.5
    with pytest.raises(ConfigError, match="above 0"):
        scoring.label_scores(SPACE, [-1.0, -1.0], [1, 1], temperature=0)


@pytest.mark.parametrize("value", [float("nan"), -float("inf")])
def test_scores_that_are_no_numbers_are_told_and_never_probabilities(value: float) -> None:
    with pytest.raises(AffectlensError, match=r"scores of the labels are not finite.*worried"):
        scoring.label_scores(SPACE, [-1.0, value], [1, 1])
