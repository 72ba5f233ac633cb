"""Promises of explanations that are learned: they follow the label, and say what was measured."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from tests.reasoning.scenes import percepts, smile
from tests.training.toys import item

from affectlens.annotation.annotation import Annotation
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.missing import Missing
from affectlens.model.published import published
from affectlens.reasoning.grounding import ground
from affectlens.training import shown, tasks
from affectlens.training.explaining import explanation
from affectlens.training.item import Item

NANO = published("nano")


def smiling(label: str) -> Item:
    one = item("x")
    told = replace(one.annotation, clues=gather(smile()), person="P1", label=label)
    return replace(one, annotation=told)


def told(annotation: Annotation, label: str, seed: int = 0) -> str:
    found = explanation(annotation, label, DFEW7, random.Random(seed))  # noqa: S311
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("label", DFEW7.labels)
def test_it_ends_with_the_label_whatever_was_measured(label: str) -> None:
    for seed in range(5):
        last = told(smiling(label).annotation, label, seed).split(". ")[-1]
        assert last.endswith(f" {label}."), last
        others = set(DFEW7.labels) - {label}
        assert not any(f" {other}" in last for other in others)


@pytest.mark.parametrize("label", DFEW7.labels)
def test_the_clues_in_the_prompt_bear_every_sentence_out(label: str) -> None:
    annotation = smiling(label).annotation
    clues = [clue for clue in annotation.clues if clue.person in ("P1", None)]
    claims = ground(told(annotation, label), clues, labels={"P1": {label}})
    assert len(claims) >= 2
    assert {claim.status for claim in claims[:-1]} == {"supported"}
    assert claims[-1].status != "unsupported"


def test_a_label_against_which_signs_speak_is_concluded_with_care() -> None:
    annotation = smiling("sad").annotation
    assert "do not settle it" in told(annotation, "sad")
    assert "do not settle it" not in told(annotation, "happy")


def test_what_nobody_measured_is_not_explained() -> None:
    found = explanation(item("x").annotation, "happy", DFEW7, random.Random(0))  # noqa: S311
    assert isinstance(found, Missing)
    nothing = replace(item("x").annotation, clues=gather(percepts()), person="P1")
    assert told(nothing, "happy").endswith("happy.")


def test_what_is_told_follows_the_answer_even_where_it_is_not_the_clip_s() -> None:
    answers: Counter[str | None] = Counter()
    for seed in range(200):
        turns = tasks.turn_of(smiling("happy"), "explain", NANO, DFEW7, {}, random.Random(seed))  # noqa: S311
        assert not isinstance(turns, Missing)
        first, second = turns
        assert second.answer
        assert second.answer.endswith(f" {first.answer}.")
        answers[first.answer] += 1
    assert set(answers) == set(DFEW7.labels)
    assert 120 < answers["happy"] < 170


def test_the_label_is_asked_first_and_clues_come_behind_it() -> None:
    one = smiling("happy")
    turns = tasks.turn_of(one, "explain", NANO, DFEW7, {}, random.Random(0))  # noqa: S311
    assert not isinstance(turns, Missing)
    assert turns[0].answer == "happy"
    explained = shown.example(one, turns, {}, NANO, DFEW7)
    assert explained.clues
    assert "lip corners pulled up" in explained.clues
    asked = tasks.turn_of(one, "emotion", NANO, DFEW7, {}, random.Random(0))  # noqa: S311
    assert not isinstance(asked, Missing)
    assert shown.example(one, asked, {}, NANO, DFEW7).clues is None, "labels are told by streams"
