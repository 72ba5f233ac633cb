"""Answers are worth what can be checked of them, and no trick is worth more than an answer."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from affectlens.annotation.annotation import Annotation, Source
from affectlens.clues.clue import Clue, Modality
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import MER9, RAVDESS8, SENTIMENT3, SPACES
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.training.item import Item
from affectlens.training.rewards import Rewarded, named, reward

Labels = Mapping[str, str]

ALL = {"label": 1.0, "format": 1.0, "grounded": 1.0}
SAME: dict[str, str] = {}
NONE = Missing("not told")


def clue(kind: str, modality: Modality = "face", text: str = "") -> Clue:
    return Clue("c1", modality, kind, "P1", Span(1.0, 2.0), text, 0.8, {})


SMILE = (clue("AU12", text="lip corners pulled up (AU12)"),)


def item(
    label: str | Missing = "happy", clues: tuple[Clue, ...] = SMILE, fine: str | Missing = NONE
) -> Item:
    source = Source(
        path="a.mp4",
        sha256=NONE,
        duration_s=3.0,
        frames=75,
        width=64,
        height=64,
        rate_hz=25.0,
        streams={},
        speaker=NONE,
        origin=NONE,
        corpus=None,
        licence="",
        columns={},
    )
    annotation = Annotation(id="a", source=source, label=label, clues=clues, fine=fine)
    return Item(annotation=annotation, media=Path("a.mp4"))


def worth(
    answer: str, name: str, of: Item | None = None, space: LabelSpace = MER9, labels: Labels = SAME
) -> float | Missing:
    return reward(answer, of or item(), space, labels, {name: 1.0}).parts[name]


GOOD = "<think>The lip corners are pulled up.</think><answer>happy</answer>"


def test_a_good_answer_earns_everything() -> None:
    assert reward(GOOD, item(), MER9, SAME, ALL) == Rewarded(1.0, dict.fromkeys(ALL, 1.0))


@pytest.mark.parametrize("space", SPACES.values(), ids=lambda one: one.name)
def test_every_label_of_every_space_is_read_as_itself(space: LabelSpace) -> None:
    for label in space.labels:
        for wording in ("{}", " {}.", "<answer>{}</answer>", "The emotion is {}."):
            assert named(wording.format(label), space) == label


@pytest.mark.parametrize(
    "answer",
    [
        "happy",
        "Happy.",
        "joy",  # the same in our own spelling
        "The character's emotional state is happy.",
        "She frowns, yet in the end the person is happy.",
        "<think>Is she sad? No.</think>\n<answer> happy </answer>",
        "<think>sad, angry or worried</think> happy",
        "<answer>sad</answer> or rather <answer>happy</answer>",
        "<answer>sad <answer>happy</answer>",
    ],
)
def test_the_label_that_is_meant_is_right(answer: str) -> None:
    assert worth(answer, "label") == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " \n",
        "sad",
        "happy sad angry",
        "happy, sad",
        "happy/sad",
        "happy and sad",
        "[happy, sad]",
        "The character's emotional state is happy and angry.",
        "<answer>happy sad angry</answer>",
        "<answer>happy</answer><answer>sad</answer>",
        "<answer></answer>",
        "happy <answer></answer>",
        "<think>happy",
        "<think>happy</think>",
        "<think>happy</think><think>sad",
        "not happy",
        "unhappy",
        "<answer>not happy</answer>",
        "</answer><answer>",
        ", ".join(MER9.labels),
        " ".join(f"<answer>{label}</answer>" for label in (*MER9.labels, "sad")),
        "\x00\ufffd\ud800",
        "happy" * 5000,
    ],
)
def test_another_label_several_or_none_are_wrong(answer: str) -> None:
    assert worth(answer, "label") == 0.0


@pytest.mark.parametrize("between", [" ", ", ", "/", " and ", " or ", "\n"])
def test_several_labels_are_none_whichever_stands_first(between: str) -> None:
    for first in MER9.labels:
        for second in MER9.labels:
            if first != second:
                assert isinstance(named(f"{first}{between}{second}", MER9), Missing)


def test_whatever_is_said_fits_one_label_at_most() -> None:
    rng = random.Random(0)  # noqa: S311 - chance that a seed can repeat
    words = [
        *MER9.labels,
        "<answer>",
        "</answer>",
        "<think>",
        "</think>",
        "[",
        "]",
        "not",
        ".",
        ",",
    ]
    words += ["The emotion is", "joy", "and", "\n", "the person feels"]
    for _ in range(300):
        answer = " ".join(rng.choices(words, k=rng.randint(1, 12)))
        paid = [worth(answer, "label", item(label)) for label in MER9.labels]
        assert sum(float(one) for one in paid if not isinstance(one, Missing)) <= 1.0
        for name in ALL:
            part = worth(answer, name)
            assert isinstance(part, Missing) or 0.0 <= part <= 1.0


def test_a_label_in_the_words_of_its_data_is_compared_in_those_of_the_space() -> None:
    of = item("anxious-01")
    assert isinstance(worth("worried", "label", of), Missing)
    assert worth("worried", "label", of, labels={"anxious-01": "worried"}) == 1.0
    assert worth("surprised", "label", item("surprise"), RAVDESS8) == 1.0
    assert worth("The sentiment is positive.", "label", item("positive"), SENTIMENT3) == 1.0


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (GOOD, 1.0),
        (f"\n{GOOD}  ", 1.0),
        ("<think>a\nb</think>\n\n<answer> Happy </answer>", 1.0),
        ("<think>a</think><answer>sad</answer>", 1.0),  # well formed, if wrong
        ("<think> </think><answer>happy</answer>", 0.0),
        ("<think>a</think><answer></answer>", 0.0),
        ("<think>a</think><answer>happy and sad</answer>", 0.0),
        ("<think>a</think><answer>it is happy</answer>", 0.0),
        ("<think>a</think>so <answer>happy</answer>", 0.0),
        (f"{GOOD}.", 0.0),
        (f"So: {GOOD}", 0.0),
        (GOOD * 2, 0.0),
        ("<think>a<think>b</think><answer>happy</answer>", 0.0),
        ("<think>a</think>b</think><answer>happy</answer>", 0.0),
        ("<think><answer>happy</answer></think><answer>happy</answer>", 0.0),
        ("<answer>happy</answer><think>a</think>", 0.0),
        ("<THINK>a</THINK><ANSWER>happy</ANSWER>", 0.0),
        ("<think>a</think><answer>happy", 0.0),
        ("<answer>happy</answer>", 0.0),
        ("happy", 0.0),
        ("", 0.0),
    ],
)
def test_the_format_is_one_thought_and_one_label(answer: str, value: float) -> None:
    assert worth(answer, "format") == value


@pytest.mark.parametrize(
    ("thought", "value"),
    [
        ("The lip corners are pulled up.", 1.0),
        ("The lip corners are pulled up. The brows are lowered.", 0.5),
        ("The brows are lowered.", 0.0),
        ("A thing of beauty.", 0.0),  # it asserts nothing of this clip, and clues are there
        ("", 0.0),
    ],
)
def test_sentences_are_worth_the_share_that_clues_bear_out(thought: str, value: float) -> None:
    assert worth(f"<think>{thought}</think><answer>happy</answer>", "grounded") == value
    assert worth(thought, "grounded") == value


def test_the_answer_itself_is_no_reason() -> None:
    stuffed = "<think>A thing.</think><answer>The lip corners are pulled up.</answer>"
    assert worth(stuffed, "grounded") == 0.0


def test_without_clues_the_rest_is_weighed_anew() -> None:
    bare = item(clues=())
    found = reward(GOOD.replace("happy", "sad"), bare, MER9, SAME, {**ALL, "format": 3.0})
    assert isinstance(found.parts["grounded"], Missing)
    assert found.total == pytest.approx(3 / 4)
    chinese = item(fine="她的嘴角上扬，看起来很高兴。")
    assert isinstance(worth(GOOD, "grounded", chinese), Missing)


def test_what_cannot_be_measured_hangs_on_the_clip_and_not_on_the_answer() -> None:
    for of in (item(), item(NONE), item(clues=()), item("nonsense", ())):
        absent = {
            tuple(
                isinstance(part, Missing) for part in reward(a, of, MER9, SAME, ALL).parts.values()
            )
            for a in ("", "happy", GOOD, "<think>", "The brows are lowered.")
        }
        assert len(absent) == 1


def test_weights_weigh_and_a_reward_without_weight_is_not_asked_for() -> None:
    wrong = "<think>The brows are lowered.</think><answer>happy</answer>"
    found = reward(wrong, item(), MER9, SAME, {"label": 3.0, "grounded": 1.0, "format": 0.0})
    assert found.parts.keys() == {"label", "grounded"}
    assert found.total == pytest.approx(3 / 4)


def test_where_nothing_can_be_measured_there_is_no_total() -> None:
    assert isinstance(reward(GOOD, item(NONE, ()), MER9, SAME, {"label": 1.0}).total, Missing)


def test_an_unknown_reward_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no reward labels; there is: label, format, grounded"):
        reward(GOOD, item(), MER9, SAME, {"labels": 1.0})
