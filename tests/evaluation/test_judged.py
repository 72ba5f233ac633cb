"""What is read out of a judge's replies."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.outcomes import outcomes
from tests.evaluation.scripted_judge import Scripted, always

from affectlens.evaluation.judging import judged
from affectlens.evaluation.judging.panel import Panel
from affectlens.evaluation.judging.prompt import Language
from affectlens.evaluation.judging.works import WORKS, work
from affectlens.evaluation.metrics.grouping import Config, build
from affectlens.evaluation.outcome import Prediction
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

REFUSED = Missing("it refused")


@pytest.mark.parametrize(
    ("reply", "cleaned"),
    [
        (" [happy] \n", "[happy]"),
        ("Output: [happy, sad]", "[happy, sad]"),
        ("output：[happy]", "[happy]"),
        ("输出：\n高兴", "高兴"),
        ("翻译: 他\n很高兴", "他很高兴"),
        ("Input: Output: x", "Output: x"),  # one is removed
        ("输入", ""),
        ("The output: x", "The output: x"),
        (": x", "x"),
        ("", ""),
    ],
)
def test_replies_are_cleaned_as_published(reply: str, cleaned: str) -> None:
    assert judged.clean(reply) == cleaned


def test_labels_are_read_out_of_texts() -> None:
    judge = Scripted(lambda p: "Output: ['Happy', sad]" if "he laughs" in p else "[]")
    found = judged.open_labels(["he laughs", Missing("no text"), "he stands"], judge)
    assert found == [("Happy", "sad"), Missing("no text"), ()]
    assert len(judge.asked) == 2
    assert judge.asked[0].endswith("Input: he laughs; Output: ")


def test_each_language_has_its_prompt() -> None:
    judge = always("[高兴]")
    assert judged.open_labels(["他笑了"], judge, "zh") == [("高兴",)]
    assert judge.asked[0].endswith("输入：他笑了。输出：")


def test_a_refusal_is_missing_and_says_whose() -> None:
    assert judged.open_labels(["x"], always(REFUSED)) == [Missing("the judge: it refused")]


@pytest.mark.parametrize(
    ("reply", "sentiment"),
    [("positive", "positive"), ("Output: Negative.", "negative"), ("'neutral'", "neutral")],
)
def test_sentiments_of_label_sets(reply: str, sentiment: str) -> None:
    judge = always(reply)
    assert judged.sentiments([("happy", "sad")], judge) == [sentiment]
    assert judge.asked[0].endswith("Input: [happy, sad]; Output: ")


@pytest.mark.parametrize("reply", ["mixed", "positive and negative", ""])
def test_a_sentiment_that_is_none_of_three_is_missing(reply: str) -> None:
    found = judged.sentiments([("happy",)], always(reply))
    assert isinstance(found[0], Missing)


def test_clues_and_subtitles_are_merged_where_there_are_both() -> None:
    judge = always("merged")
    found = judged.merged(["he frowns", "he frowns", " ", ""], ["go!", " ", "", "go!"], judge)
    assert found == ["merged", "he frowns", "Unable to judge the emotional state.", "merged"]
    assert "Input: Clue: he frowns；Subtitle: go! Output:" in judge.asked[0]
    assert len(judge.asked) == 2


@pytest.mark.parametrize(
    ("function", "reply", "value"),
    [
        (judged.one_of_six, "Happy. He smiles.", "happy"),
        (judged.one_of_six, "[anger]", "angry"),
        (judged.one_of_six, "bored", None),
        (judged.ranked_six, "[sad, worried, angry, neutral, surprise, happy]",
         ("sad", "worried", "angry", "neutral", "surprise", "happy")),
        (judged.ranked_six, "[sad, worried]", None),
        (judged.valences, "-0.5", -0.5),
        (judged.valences, "Output: −1", -1.0),
        (judged.valences, "0.8 (positive)", 0.8),
        (judged.valences, "7", None),
        (judged.valences, "positive", None),
    ],
)  # fmt: skip
def test_closed_answers_are_read_or_missing(
    function: Callable[..., list[Any]], reply: str, value: object
) -> None:
    found = function(["x"], always(reply))[0]
    assert found == value if value is not None else isinstance(found, Missing)


def test_groups_are_asked_for_once_for_equal_sets() -> None:
    judge = always("Output: [['happy', 'glad']]")
    found = judged.groupings([["Happy", "glad"], ["glad", "happy ", "glad"]], Panel(judge))
    assert found == ["[['happy', 'glad']]"] * 2
    assert len(judge.asked) == 1
    assert judge.asked[0].endswith("Input: ['glad', 'happy'] Output:")


def test_groupings_of_a_judge_are_what_the_metric_reads(tmp_path: Path) -> None:
    def reply(prompt: str) -> str | Missing:
        return REFUSED if "bored" in prompt else "[['glad', 'happy'], ['sad']]"

    path = tmp_path / "groupings.jsonl"
    given = outcomes(
        [{"labels": ("happy", "sad")}, {"labels": ()}, {"labels": ("bored",)}, {"label": "happy"}],
        [{"labels": ("Glad",)}, {"labels": ()}, {"labels": ("sad",)}, {"failure": REFUSED}],
    )
    rows = work("groupings", given, Scripted(reply))
    assert rows[2] == {"name": "clip2", "reply": None, "why": "the judge: it refused"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows if "why" not in row))
    metric = build(Config(groupings=str(path)))
    scores = metric.tally([given[0], given[3]]).scores()
    assert scores == {"accuracy_s": 0.5, "recall_s": 0.25, "average": 0.375}
    with pytest.raises(InputError, match="clip2"):
        metric.tally(given[2:3])


def test_only_texts_in_the_other_language_are_translated() -> None:
    judge = always("翻译：他很高兴")
    texts: list[str | Missing] = ["he is happy", "他生气", " ", Missing("none")]
    assert judged.translated(texts, judge, "zh") == ["他很高兴", "他生气", " ", Missing("none")]
    assert judge.asked == ["请将以下输入翻译为中文： 输入：he is happy 输出："]
    back = always("Output: happy")
    assert judged.translated(["高兴", "sad"], back, "en", what="label") == ["happy", "sad"]
    assert back.asked == [
        "Input: 高兴; Output: happy Input: 生气; Output: angry Input: 高兴; Output: "
    ]


def test_predictions_get_labels_where_they_have_a_text_and_none() -> None:
    def reply(prompt: str) -> str | Missing:
        return REFUSED if "rude" in prompt else "[happy, relieved]"

    given = [
        Prediction(id="a", explanation="he laughs", answer="other words"),
        Prediction(id="b", labels=("sad",), explanation="he cries"),
        Prediction(id="c", label="happy"),
        Prediction(id="d", failure=Missing("no video"), answer="x"),
        Prediction(id="e", answer="rude"),
        Prediction(id="f", labels=(), answer="he laughs"),
    ]
    judge = Scripted(reply)
    found = judged.openset(given, judge)
    assert [one.id for one in found] == list("abcdef")
    assert found[0].labels == ("happy", "relieved")
    assert [found[i] for i in (1, 2, 3, 5)] == [given[i] for i in (1, 2, 3, 5)]
    assert found[4].labels == Missing("the judge: it refused")
    assert len(judge.asked) == 2
    assert "he laughs" in judge.asked[0]


@pytest.mark.parametrize(
    ("name", "reply", "value"),
    [
        ("labels", "[happy, sad]", ("happy", "sad")),
        ("sentiment", "positive", "positive"),
        ("merge", "He smiles and says so.", "He smiles and says so."),
        ("one-of-six", "happy.", "happy"),
        ("valence", "0.5", 0.5),
        ("translate", "他笑了", "他笑了"),
    ],
)
def test_each_work_gives_its_column(name: str, reply: str, value: object) -> None:
    given = outcomes([{"subtitle": "Hooray!"}], [{"explanation": "He smiles."}])
    language: Language = "zh" if name == "translate" else "en"
    (row,) = work(name, given, always(reply), language=language)
    assert row == {"name": "clip0", WORKS[name].column: value}


def test_a_work_that_gives_nothing_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="neither an explanation nor an answer"):
        work("labels", outcomes([{}], [{}]), always("[happy]"))


def test_a_work_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="There are: labels, sentiment"):
        work("guess", [], always(""))
