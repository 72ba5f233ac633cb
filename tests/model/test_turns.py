"""A system is asked the same in training and in use; an explanation stands behind its label."""

import random
from dataclasses import replace

import pytest
from tests.analyzer.models import tiny_nano, tiny_two_turns

from affectlens.emotions.spaces import DFEW7, MER9
from affectlens.foundation.device import Place
from affectlens.model import checkpoint, pools
from affectlens.model.declaration import System
from affectlens.model.example import Example
from affectlens.model.prompt import Text, build
from affectlens.model.published import published
from affectlens.model.tokenizers import Spelling
from affectlens.model.turns import (
    EXPLANATION_TOKENS,
    explain_turns,
    explains_later,
    explanation_tokens,
    label_turn,
    reason_turn,
)


@pytest.fixture(scope="module")
def system() -> System:
    return tiny_two_turns()


def test_only_a_system_that_is_told_the_clues_later_explains_later(system: System) -> None:
    assert explains_later(system)
    assert not explains_later(published("emotion_llama"))
    assert not explains_later(published("words"))


def test_the_first_turn_is_the_question_that_was_scored_with_the_label_as_its_answer(
    system: System,
) -> None:
    first, second = explain_turns(system, DFEW7, "happy", language="en")
    assert replace(first, answer=None) == label_turn(system, DFEW7, language="en")
    assert first.answer == pools.answer(system.prompts, "emotion", {"text": "happy"})
    assert second == reason_turn(system, language="en")
    assert second.answer is None


def test_with_chance_questions_are_drawn_from_the_same_pools(system: System) -> None:
    pool = set(pools.instructions(system.prompts, "reason"))
    drawn = [
        explain_turns(system, MER9, "sad", language="en", rng=random.Random(seed))  # noqa: S311
        for seed in range(20)
    ]
    assert len({second.question for _, second in drawn}) > 1
    assert {second.question for _, second in drawn} <= pool
    assert {first.answer for first, _ in drawn} == {"sad"}


def test_clues_stand_in_the_second_turn_alone(system: System) -> None:
    turns = explain_turns(system, DFEW7, "happy", language="en")
    example = Example(turns=turns, clues="0.0–1.0 s: brows lowered.", subtitle="Hello.")
    pieces = build(example, system.generation, _spelling(), learn=False)
    text = "".join(piece.text for piece in pieces if isinstance(piece, Text))
    assert text.index("Hello.") < text.index("happy") < text.index("brows lowered")
    assert text.count("brows lowered") == 1
    first = build(replace(example, turns=turns[:1]), system.generation, _spelling(), learn=False)
    assert "brows" not in "".join(piece.text for piece in first if isinstance(piece, Text))


def test_an_explanation_behind_a_label_is_short_and_others_are_as_the_user_wants(
    system: System,
) -> None:
    assert explanation_tokens(system, 200) == EXPLANATION_TOKENS
    assert explanation_tokens(system, 8) == 8
    assert explanation_tokens(published("emotion_llama"), 200) == 200


def _spelling() -> Spelling:
    return checkpoint.load(str(tiny_nano()), place=Place(device="cpu")).processor.spelling
