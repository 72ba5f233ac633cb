"""Constrained decoding spells labels and nothing else, once each, and comes to an end."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessorList

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError
from affectlens.model.constrain import Grammar, LabelConstraint, grammar

SPACE = LabelSpace("four", ("sad", "sadness felt", "worried", "happy"))
WORDS = ["<pad>", "</s>", ",", "sad", "ness", "felt", "worr", "ied", "happy", "x", "y", "z"]
END = WORDS.index("</s>")
CUTS = {"sad": ["sad"], "sadness": ["sad", "ness"], "worried": ["worr", "ied"]}


def encode(text: str) -> list[int]:
    parts = text.replace(",", " ,").split()
    return [WORDS.index(cut) for part in parts for cut in CUTS.get(part, [part])]


def spell(ids: Sequence[int]) -> str:
    ids = ids[: list(ids).index(END)] if END in ids else ids
    text = "".join(WORDS[i] if WORDS[i] in ("ness", "ied", ",") else f" {WORDS[i]}" for i in ids)
    return text.strip()


def language() -> Any:
    torch.set_num_threads(1)
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=END,
        pad_token_id=0,
        bos_token_id=None,
        initializer_range=1.0,
    )
    return LlamaForCausalLM(config).eval()


def generate(rules: Grammar, **how: Any) -> list[list[int]]:
    embeds = torch.randn(16, 5, 16, generator=torch.Generator().manual_seed(0))
    answers: list[list[int]] = (
        language()
        .generate(
            inputs_embeds=embeds,
            attention_mask=torch.ones(16, 5, dtype=torch.long),
            max_new_tokens=24,
            logits_processor=LogitsProcessorList([LabelConstraint(rules)]),
            **how,
        )
        .tolist()
    )
    return answers


@pytest.mark.parametrize("how", [{}, {"num_beams": 3}, {"do_sample": True}], ids=str)
def test_one_label_is_spelled_and_ended(how: dict[str, Any]) -> None:
    answers = generate(grammar(encode, SPACE, [END]), **how)
    assert all(END in ids for ids in answers)
    assert {spell(ids) for ids in answers} <= set(SPACE.labels)
    assert len({spell(ids) for ids in answers}) > 1


@pytest.mark.parametrize("how", [{}, {"num_beams": 3}, {"do_sample": True}], ids=str)
def test_lists_hold_labels_once_each_up_to_the_most(how: dict[str, Any]) -> None:
    answers = generate(grammar(encode, SPACE, [END], most=3), **how)
    lists = [spell(ids).split(", ") for ids in answers]
    assert all(END in ids for ids in answers)
    for found in lists:
        assert set(found) <= set(SPACE.labels)
        assert len(set(found)) == len(found) <= 3
    assert max(map(len, lists)) > 1


def test_without_the_constraint_the_model_babbles() -> None:
    free = Grammar(first=tuple((i,) for i in range(len(WORDS))), later=(), end=(END,))
    assert not {spell(ids) for ids in generate(free)} <= set(SPACE.labels)


def test_a_label_that_begins_another_may_end_or_go_on() -> None:
    rules = grammar(encode, SPACE, [END])
    assert rules.allowed([WORDS.index("sad")]) == {END, WORDS.index("ness")}


def test_every_step_of_every_allowed_list_is_open() -> None:
    rules = grammar(encode, SPACE, [END], most=4)
    whole = [*encode("happy, worried, sadness felt, sad"), END]
    for before, after in pairwise(range(len(whole) + 1)):
        assert whole[before:after][0] in rules.allowed(whole[:before])
    assert rules.allowed(whole[:-1]) == {END}  # all are used, only the end is left
    assert rules.allowed([*encode("happy"), WORDS.index(",")]) == {
        WORDS.index(word) for word in ("sad", "worr")
    }


def test_ends_of_several_tokens_are_spelled_to_their_last() -> None:
    rules = grammar(encode, SPACE, [9, 10])
    happy = encode("happy")
    assert [rules.allowed([*happy, *ended]) for ended in ([], [9], [9, 10])] == [{9}, {10}, {10}]


def test_ids_of_a_prompt_are_left_alone() -> None:
    rules = LabelConstraint(grammar(encode, SPACE, [END]), prompt=2)
    scores = rules(torch.tensor([[9, 10, WORDS.index("worr")]]), torch.zeros(1, len(WORDS)))
    assert scores.isfinite().nonzero()[:, 1].tolist() == [WORDS.index("ied")]


def test_a_tokenizer_that_melts_label_and_separator_is_refused() -> None:
    def melting(text: str) -> list[int]:
        return [sum(map(ord, text))]

    with pytest.raises(ConfigError, match="does not keep"):
        grammar(melting, SPACE, [END], most=2)
    assert grammar(melting, SPACE, [END]).most == 1


@pytest.mark.parametrize(("most", "end"), [(0, [END]), (1, [])])
def test_no_label_or_no_end_is_refused(most: int, end: list[int]) -> None:
    with pytest.raises(ConfigError, match="one label or more"):
        grammar(encode, SPACE, end, most=most)
