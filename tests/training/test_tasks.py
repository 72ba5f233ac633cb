"""What items are asked and what is to be answered: in each system's words, never made up."""

import random
import re
from collections.abc import Mapping
from typing import Any

import pytest
from tests.annotation.formats.made_annotations import made
from tests.reasoning.scenes import smile

from affectlens.clues.gather import gather
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import DFEW7, MER6, MER9, SENTIMENT3
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.model import pools
from affectlens.model.declaration import System
from affectlens.model.example import Turn
from affectlens.model.published import names, published
from affectlens.training import tasks
from affectlens.training.item import Item, Pair

GONE = Missing("not in this test")
LLAMA, GPT, WORDS = (published(name) for name in ("emotion_llama", "affectgpt", "words"))


def item(**fields: Any) -> Item:
    return Item(annotation=made(**fields), media=GONE)


def asked(
    task: str,
    system: System = LLAMA,
    one: Item | None = None,
    space: LabelSpace = MER9,
    labels: Mapping[str, str] | None = None,
) -> tuple[str, str | None] | Missing:
    """The question and the answer of the last turn."""
    one = one or item()
    rng = random.Random(0)  # noqa: S311
    found = tasks.turn_of(one, task, system, space, labels or {}, rng)
    if isinstance(found, Missing):
        return found
    return found[-1].question, found[-1].answer


def answer(task: str, system: System = LLAMA, **fields: Any) -> str | Missing | None:
    found = asked(task, system, item(**fields))
    return found if isinstance(found, Missing) else found[1]


def test_emotion_llama_learns_coarse_captions_first_and_fine_ones_then() -> None:
    coarse, fine = "He is in a room. He (really) frowns!", "He doubts it: all of it."
    assert answer("reason", coarse=coarse, fine=fine) == "he is in a room he really frowns"
    assert answer("reason_v2", coarse=coarse, fine=fine) == "he doubts it all of it"
    assert answer("reason", coarse=GONE, fine=fine) == "he doubts it all of it"
    assert isinstance(answer("reason_v2", coarse=coarse, fine=GONE), Missing)
    assert answer("emotion") == "doubt"


def test_affectgpt_answers_in_its_published_sentences() -> None:
    assert answer("description", GPT) == "He doubts it."
    assert answer("ovlabel", GPT) == "The character's emotional state is doubtful, tense."
    assert answer("onehot_w_candidates", GPT) == "The most likely label is doubt."
    assert answer("onehot_wo_candidates", GPT) == "The character's emotional state is doubt."
    assert answer("sentiment", GPT) == "The character's sentiment state is negative."
    assert answer("valence", GPT) == "The valence score is -0.30."


def test_affectgpt_is_asked_its_published_questions() -> None:
    questions = {
        "description": "Please infer the person's emotional state and provide your reasoning "
        "process.",
        "ovlabel": "Please recognize all possible emotional states of the character.",
        "onehot_w_candidates": "Please select the label that can best describe the person's "
        "emotional state from the provided candidate labels: neutral, angry, happy, sad, worried, "
        "surprise, fear, contempt, doubt.",
        "onehot_wo_candidates": "Please recognize the character's most likely emotional state.",
        "sentiment": "Please select the most likely sentiment label that can best describe the "
        "person's emotional state: positive, negative, neutral.",
    }
    for task, question in questions.items():
        found = asked(task, GPT)
        assert not isinstance(found, Missing)
        assert found[0] == question


def test_a_reason_with_a_label_is_what_rewards_look_for() -> None:
    long = "He frowns. " * 300
    said = answer("think", fine=long)
    assert isinstance(said, str)
    match = re.fullmatch("<think>(.*)</think><answer>(.*)</answer>", said)
    assert match is not None
    assert (match[2], len(match[1].split())) == ("doubt", 200)
    assert isinstance(answer("think", label=GONE), Missing)


@pytest.mark.parametrize("system", [LLAMA, GPT, WORDS], ids=lambda one: one.name)
def test_a_label_is_asked_for_with_all_labels_of_the_space(system: System) -> None:
    for space in (MER6, MER9, DFEW7):
        found = asked("emotion", system, item(label="happy"), space)
        assert not isinstance(found, Missing)
        assert all(label in found[0] for label in space.labels)
        assert "happy" in str(found[1])


def test_questions_are_drawn_from_the_whole_pool_and_hang_on_chance_alone() -> None:
    drawn = []
    for seed in [*range(40), 0]:
        rng = random.Random(seed)  # noqa: S311
        found = tasks.turn_of(item(), "reason_v2", LLAMA, MER9, {}, rng)
        assert not isinstance(found, Missing)
        drawn.append(found[0].question)
    assert set(drawn) == set(pools.instructions("emotion_llama", "reason_v2"))
    assert drawn[0] == drawn[-1]


def test_the_tag_is_the_task() -> None:
    rng = random.Random(0)  # noqa: S311
    found = tasks.turn_of(item(), "reason_v2", LLAMA, MER9, {}, rng)
    assert not isinstance(found, Missing)
    assert found[0].task == "reason_v2"


@pytest.mark.parametrize("system", [LLAMA, GPT, WORDS], ids=lambda one: one.name)
def test_a_chinese_description_is_asked_for_in_chinese(system: System) -> None:
    for task in ("reason", "emotion"):
        found = asked(task, system, item(fine="他皱着眉头，看起来很怀疑。"))
        assert not isinstance(found, Missing)
        assert re.search("[一-鿿]", found[0])


@pytest.mark.parametrize("name", names())
def test_what_is_not_told_is_missing_for_every_task_and_never_neutral(name: str) -> None:
    system = published(name)
    fields = ("label", "labels", "valence", "face", "objective", "tone", "coarse", "fine")
    bare = item(**dict.fromkeys(fields, GONE))
    blank = item(
        label=" ", labels=(), valence=GONE, face=" ", objective=GONE, tone="", coarse=" ", fine="\n"
    )
    for task in tasks.tasks_of(system):
        for one in (bare, blank):
            assert isinstance(tasks.answerable(one, task, system, MER9, {}), Missing), task
            assert isinstance(asked(task, system, one), Missing), task


@pytest.mark.parametrize("name", names())
def test_what_can_be_answered_is_answered(name: str) -> None:
    system = published(name)
    turn = Turn(question="Why?", answer="Because.")
    one = Item(
        annotation=made(clues=gather(smile()), person="P1"),
        media=GONE,
        turns=(turn,),
        pair=Pair("Who?", "He.", "Nobody."),
    )
    for task in tasks.tasks_of(system):
        assert tasks.answerable(one, task, system, MER9, {}) is None, task
        found = asked(task, system, one)
        assert not isinstance(found, Missing), task
        assert found[0].strip()
        assert str(found[1]).strip()
        assert "{" not in found[0] + str(found[1])


def test_text_of_which_cleaning_leaves_nothing_is_no_answer() -> None:
    assert isinstance(answer("reason_v2", fine=' ".!" '), Missing)
    assert isinstance(tasks.answerable(item(fine="!"), "reason_v2", LLAMA, MER9, {}), Missing)
    assert answer("description", GPT, fine="!") == "!"


@pytest.mark.parametrize(
    ("valence", "label", "sentiment"),
    [
        (0.2, "sad", "positive"),
        (-2.5, "happy", "negative"),
        (0.0, "happy", "neutral"),
        (GONE, "happy", "positive"),
        (GONE, "anger", "negative"),
        (GONE, "neutral", "neutral"),
        (GONE, "positive", "positive"),
    ],
)
def test_sentiment_is_the_sign_of_the_valence_else_that_of_the_label(
    valence: float | Missing, label: str, sentiment: str
) -> None:
    assert answer("sentiment", WORDS, valence=valence, label=label) == sentiment


@pytest.mark.parametrize("label", ["surprise", "doubt", "bored"])
def test_a_label_that_people_feel_differently_about_has_no_sentiment(label: str) -> None:
    assert isinstance(answer("sentiment", WORDS, valence=GONE, label=label), Missing)


def test_sentiment_may_be_the_space_itself() -> None:
    one = item(label="Positive", valence=GONE)
    assert tasks.label_of(one, SENTIMENT3, {}) == "positive"
    found = asked("sentiment", WORDS, one, SENTIMENT3)
    assert not isinstance(found, Missing)
    assert found[1] == "positive"


def test_labels_are_those_of_the_space_in_any_spelling() -> None:
    assert tasks.label_of(item(label="Anger"), MER9, {}) == "angry"
    assert tasks.label_of(item(label="0"), MER9, {"0": "happy"}) == "happy"
    assert tasks.label_of(item(label="HAP "), MER9, {"hap": "happy"}) == "happy"
    assert tasks.label_of(item(label="joy"), MER9, {"joy": "Surprise"}) == "surprise"


def test_a_foreign_label_is_told_and_one_that_is_left_out_is_not() -> None:
    boredom = item(label="boredom")
    assert tasks.foreign(boredom, MER9, {}) == "boredom"
    assert isinstance(tasks.label_of(boredom, MER9, {}), Missing)
    assert tasks.foreign(boredom, MER9, {"boredom": "boring"}) == "boredom"
    assert tasks.foreign(boredom, MER9, {"Boredom": ""}) is None
    left_out = tasks.label_of(boredom, MER9, {"Boredom": ""})
    assert isinstance(left_out, Missing)
    assert "leaves the label 'boredom' out" in left_out.reason
    for one in (item(), item(label=GONE), item(label="")):
        assert tasks.foreign(one, MER9, {}) is None


def test_a_conversation_stays_as_it_stands() -> None:
    turns = (Turn(question="Who?", answer="A man."), Turn(question="Why?", answer="Because."))
    rng = random.Random(0)  # noqa: S311
    one = Item(annotation=made(), media=GONE, turns=turns)
    assert tasks.turn_of(one, "conversation", LLAMA, MER9, {}, rng) == turns
    open_end = Item(annotation=made(), media=GONE, turns=(*turns, Turn(question="And?")))
    assert isinstance(tasks.answerable(open_end, "conversation", LLAMA, MER9, {}), Missing)


def test_a_pair_is_its_question_with_the_preferred_answer_in_the_systems_writing() -> None:
    one = Item(annotation=made(), media=GONE, pair=Pair("Who?", "He: a man.", "Nobody!"))
    assert asked("preference", LLAMA, one) == ("Who?", "he a man")
    assert tasks.rejected(one, LLAMA) == "nobody"
    assert asked("preference", GPT, one) == ("Who?", "He: a man.")
    assert tasks.rejected(one, GPT) == "Nobody!"
    silent = Item(annotation=made(), media=GONE, pair=Pair("", "He.", "Nobody."))
    found = asked("preference", LLAMA, silent)
    assert not isinstance(found, Missing)
    assert found[0] in pools.instructions("emotion_llama", "reason")
    assert isinstance(tasks.rejected(item(), LLAMA), Missing)


@pytest.mark.parametrize("task", ["ovlabel", "sing"])
def test_a_task_that_a_system_has_not_is_refused_with_those_that_it_has(task: str) -> None:
    with pytest.raises(ConfigError, match="It has: emotion, reason, "):
        tasks.check(task, LLAMA)
    with pytest.raises(ConfigError, match=f"emotion_llama has no task '{task}'"):
        asked(task)
    with pytest.raises(ConfigError):
        tasks.answerable(item(), task, LLAMA, MER9, {})
