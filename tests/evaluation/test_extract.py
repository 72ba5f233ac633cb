"""Labels are read out of answers of every form, and nothing that an answer denies."""

import csv
import re
from pathlib import Path

import pytest

from affectlens.evaluation.extract import labels_of
from affectlens.evaluation.wheel import own
from affectlens.foundation.missing import Missing

EMER = Path(__file__).parents[3] / "shared" / "data" / "emer"


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("The character's emotional state is happy, excited.", ("happy", "excited")),
        ("The character's emotional state is happy, sad, and angry.", ("happy", "sad", "angry")),
        ("The most likely label is sad.", ("sad",)),
        ("[happy, sad]", ("happy", "sad")),
        ("['Happy', 'joyful', 'happy']", ("happy", "joyful")),
        ('Output: ["happy", "and sad"]', ("happy", "sad")),
        ('{"emotion": "happy"}', ("happy",)),
        ("{'emotions': ['happy', 'proud']}", ("happy", "proud")),
        ("Happy.", ("happy",)),
        ("angry, sad", ("angry", "sad")),
        ("**Emotion:** surprised\n**Reason:** it looks like anger to others.", ("surprised",)),
        ("emotion: happy; reason: he smiles", ("happy",)),
        ("1. happy\n2. sad", ("happy", "sad")),
        ("输出：[高兴, 难过]", ("高兴", "难过")),
        ("她的情绪状态是开心、兴奋。", ("开心", "兴奋")),
        ("人物的情感状态：焦虑和担忧", ("焦虑", "担忧")),
    ],
)
def test_lists_and_statements_keep_their_words(answer: str, labels: tuple[str, ...]) -> None:
    assert labels_of(answer) == labels


def test_a_stated_word_that_no_table_knows_is_kept() -> None:
    assert own.table().find("flabbergasting") is None
    assert labels_of("His emotional state is flabbergasting, sad.") == ("flabbergasting", "sad")


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("The man frowns and seems worried about her.", ("worry",)),
        ("He looks happily surprised, with much happiness.", ("happy", "surprised")),
        ("His tone is self-deprecating.", ("self deprecating",)),
        ("She cannot hide her joy.", ("joy",)),
        ("He is not only happy but also proud.", ("happy", "proud")),
        ("The man does not speak and looks angry.", ("angry",)),
        ('She says "I am so angry" but her tone is cheerful.', ("cheerful",)),
        ("他看起来没有笑容，显得很悲伤。", ("悲伤",)),
        ("他忍不住高兴地笑了。", ("高兴",)),
        ("他不高兴。", ("不高兴",)),
    ],
)
def test_running_text_gives_the_words_of_our_table(answer: str, labels: tuple[str, ...]) -> None:
    assert labels_of(answer) == labels


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("He smiles without fear or anxiety, but seems a little sad.", ("sad",)),
        ("She doesn't seem upset; rather, she is calm.", ("calm",)),
        ("The emotion is not angry, but sad.", ("sad",)),
        ("他没有生气，而是很难过。", ("难过",)),
        ("她不是生气而是伤心", ("伤心",)),
        ("他很紧张，但是并不生气", ("紧张",)),
    ],
)
def test_what_is_denied_gives_nothing_and_the_rest_stays(
    answer: str, labels: tuple[str, ...]
) -> None:
    assert labels_of(answer) == labels


@pytest.mark.parametrize(
    "answer",
    [
        "He is not angry.",
        "There is no sign of sadness or anger.",
        "The emotion is not sad or angry.",
        "His emotional state is neither happy nor sad.",
        "He acted without fear, anxiety or worry.",
        "没有明显的紧张或不安。",
        "他不生气。",
        "并不害怕",
        "The emotion is unclear.",
        "The emotional state is difficult to determine.",
        "We cannot recognize his emotional state",
        "I cannot tell.",
        "情感状态是没有明显的情绪。",
        "[none]",
        "[]",
        "Output: []",
        "",
        "  ",
    ],
)
def test_an_answer_without_labels_is_missing_with_a_reason(answer: str) -> None:
    found = labels_of(answer)
    assert isinstance(found, Missing)
    assert found.reason


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("He looks sad at first. Therefore, it is inferred that he is relieved.", ("relieved",)),
        (
            "He looks sad. Therefore, it can be inferred that his emotional state is one of joy.",
            ("joy",),
        ),
        ("他一开始很难过。因此可以推测他很生气，也有些失望。", ("生气", "失望")),
        ("He looks sad. Therefore, this is a response to her words.", ("sad",)),
    ],
)
def test_what_is_concluded_counts_before_what_is_described(
    answer: str, labels: tuple[str, ...]
) -> None:
    assert labels_of(answer) == labels


def test_a_text_in_both_languages_is_read_as_told() -> None:
    both = "He says 你好 and is not angry."
    assert labels_of(both, language="en") == Missing("the answer names no emotion that is known")
    assert labels_of("他不生气。", language="en") == labels_of("他不生气。", language="zh")


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="the team's shared data is not here")
@pytest.mark.parametrize(("column", "least"), [("english", 75.0), ("chinese", 75.0)])
def test_labels_of_emer_descriptions_agree_with_those_that_people_checked(
    column: str, least: float
) -> None:
    checked = {
        row["name"]: [label for label in re.split(r"[\['\",\]]", row["openset"]) if label.strip()]
        for row in _rows("v2_openset.csv")
    }
    precision, recall = [], []
    for row in _rows("v2_reason.csv"):
        found = labels_of(row[column])
        true = _families(checked[row["name"]])
        said = set() if isinstance(found, Missing) else _families(found)
        precision.append(len(true & said) / max(1, len(said)))
        recall.append(len(true & said) / len(true))
    p, r = sum(precision) / len(precision), sum(recall) / len(recall)
    assert 100 * 2 * p * r / (p + r) >= least


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="the team's shared data is not here")
def test_our_table_covers_what_people_called_the_emotions_of_emer() -> None:
    labels = [
        label
        for row in _rows("v2_openset.csv")
        for label in re.split(r"[\['\",\]]", row["openset"])
        if label.strip()
    ]
    known = [label for label in labels if own.table().find(label)]
    assert len(known) >= 0.95 * len(labels)


def _rows(name: str) -> list[dict[str, str]]:
    with (EMER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _families(labels: list[str] | tuple[str, ...]) -> set[str]:
    found = {own.table().map("level1", label) for label in labels}
    return {family for family in found if family is not None}
