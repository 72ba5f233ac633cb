"""Emotion-LLaMA's declaration gives the token ids of its code: specs/emotion-llama.md §3.2."""

import numpy as np
import pytest
from tests.model.made_tokenizers import LLAMA2

from affectlens.encoders.features import Features
from affectlens.model import pools
from affectlens.model.batch import IGNORED
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.systems.emotion_llama import Compat, Config, build
from affectlens.model.tokenizers import load_tokenizer

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not LLAMA2.is_file(), reason="needs ../shared with Llama 2's tokenizer"),
]

OPENING = [518, 25580, 29962, 529, 9641, 29958]  # "[INST] <video>"
BETWEEN = [1533, 9641, 29958, 529, 14394, 29958]  # "</video> <feature>"
RELEASED = [1533, 9641, 29958, 529, 14394, 5299, 19132, 10605, 2565, 14394, 29958]
ASKED = [  # " The person in video says: Oh my!.  [emotion] Please determine … doubt.  [/INST]"
    450, 2022, 297, 4863, 4083, 29901, 6439, 590, 21520, 29871, 518, 331, 8194, 29962, 3529, 8161,
    607, 953, 8194, 3858, 297, 278, 4863, 11524, 29901, 9796, 29892, 14610, 29892, 21104, 29892,
    26230, 29892, 6365, 1255, 29892, 16671, 29892, 8866, 29892, 640, 3456, 29892, 7404, 29889,
    29871, 518, 29914, 25580, 29962,
]  # fmt: skip
CLOSING = [1533, 14394, 29958]  # "</feature>"
ANSWERS = {
    "happy": [9796, 2], "sad": [14610, 2], "neutral": [21104, 2], "angry": [26230, 2],
    "worried": [6365, 1255, 2], "surprise": [16671, 2], "fear": [8866, 2],
    "contempt": [640, 3456, 2], "doubt": [7404, 2],
}  # fmt: skip


def rows(count: int, width: int) -> tuple[Features, ...]:
    return (Features(np.ones((count, width), np.float32), np.zeros(count)),)


FEATURES = {
    "patches": rows(1024, 1408), "local": rows(16, 1024), "temporal": rows(1, 1024),
    "audio": rows(1, 1024), "context": rows(1, 1408),
}  # fmt: skip


def sample(answer: str = "happy") -> Example:
    question = pools.instruction("emotion_llama", "emotion")
    turn = Turn(question=question, task="emotion", answer=answer)
    return Example(turns=(turn,), features=FEATURES, subtitle="Oh my!")


@pytest.fixture(scope="module")
def processors() -> dict[Compat, AffectProcessor]:
    tokenizer = load_tokenizer(str(LLAMA2), {"legacy": True})
    return {
        compat: AffectProcessor(tokenizer, system=build(Config(compat=compat)), context=4096)
        for compat in ("paper", "released")
    }


Both = dict[Compat, AffectProcessor]


def told(processor: AffectProcessor, *, training: bool) -> list[tuple[str, list[int]]]:
    """Runs of text as ids and of slots as numbers of their streams."""
    row = processor.row(sample(), training=training)
    runs: list[tuple[str, list[int]]] = []
    for token, slot in zip(row.ids, row.slots, strict=True):
        kind = "slots" if slot else "text"
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        runs[-1][1].append(slot or token)
    return runs


@pytest.mark.parametrize("compat", ["paper", "released"])
def test_training_places_four_tokens_behind_the_patches(processors: Both, compat: Compat) -> None:
    assert told(processors[compat], training=True) == [
        ("text", [1, *OPENING]),
        ("slots", [1] * 256),
        ("text", BETWEEN),
        ("slots", [2, 3, 4, 5]),
        ("text", [*CLOSING, *ASKED, *ANSWERS["happy"]]),
    ]


def test_the_paper_generates_as_it_trains(processors: Both) -> None:
    (*_, last) = told(processors["paper"], training=False)
    assert last == ("text", [*CLOSING, *ASKED])
    assert (
        told(processors["paper"], training=False)[:-1]
        == (told(processors["paper"], training=True)[:-1])
    )


def test_the_released_code_generates_in_another_layout(processors: Both) -> None:
    assert told(processors["released"], training=False) == [
        ("text", [1, 1, *OPENING]),
        ("slots", [*[1] * 256, 2, 3, 4, 5]),
        ("text", [*RELEASED, *ASKED]),
    ]


def test_the_released_layout_is_three_positions_longer(processors: Both) -> None:
    lengths = {c: len(processors[c].row(sample()).ids) for c in processors}
    assert lengths["released"] - lengths["paper"] == 3


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_are_learned_with_their_end_and_nothing_else(processors: Both, answer: str) -> None:
    row = processors["paper"].row(sample(answer), training=True)
    assert [label for label in row.labels if label != IGNORED] == ANSWERS[answer]
    assert processors["paper"].decode(ANSWERS[answer]) == answer


def test_later_turns_begin_anew_and_the_released_code_forgets_answers(processors: Both) -> None:
    turns = (*sample().turns, Turn(question="Why?"))
    follow_up = Example(turns=turns, features=FEATURES, subtitle="Oh my!")
    later = [1, 518, 25580, 29962, 3750, 29973, 518, 29914, 25580, 29962]
    kept_of: dict[Compat, list[int]] = {"paper": [9796, 2], "released": [2]}
    for compat, kept in kept_of.items():
        first = processors[compat].row(sample()).ids
        assert processors[compat].row(follow_up).ids == [*first, *kept, *later]
