"""Labels of a closed set are scored as the published scripts do, or strictly."""

from typing import Any

import pytest
from sklearn import metrics
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metric import Mode
from affectlens.evaluation.metrics.classification import Config, build
from affectlens.evaluation.outcome import Prediction
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def scored(
    mode: Mode, truths: list[str], said: list[dict[str, Any]], space: str = "mer6"
) -> dict[str, float]:
    made = outcomes([{"label": label} for label in truths], said)
    return build(Config(mode=mode, space=space)).tally(made).scores()


ANSWERS = {  # how an answer is read: strictly, and by Emotion-LLaMA's evaluation
    "The person is happy": ("happy", "happy"),
    "happy.": ("happy", "neutral"),
    "Happy": ("happy", "neutral"),
    "joy": ("happy", "neutral"),
    "not sad but happy today": ("happy", "neutral"),
    "unhappy": (None, "neutral"),
    "": (None, "neutral"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_answers_are_read_as_the_mode_says(answer: str, mode: Mode) -> None:
    wanted = ANSWERS[answer][mode == "compat"]
    found = {
        label
        for label in ("happy", "neutral", "sad")
        if scored(mode, [label], [{"answer": answer}])["accuracy"]
    }
    assert found == ({wanted} if wanted else set())


def test_a_refusal_is_wrong_strictly_and_neutral_in_compat() -> None:
    refusals: list[dict[str, Any]] = [
        {"label": Missing("abstained")},
        {"failure": Missing("the file is broken"), "label": "happy", "answer": "happy"},
        {"failure": Missing("the file is broken"), "answer": "happy"},
        {"label": "bored"},
        {},
    ]
    assert scored("strict", ["happy"] * 5, refusals)["accuracy"] == 0
    assert scored("strict", ["neutral"] * 5, refusals)["accuracy"] == 0
    assert scored("compat", ["neutral"] * 5, refusals)["accuracy"] == 1
    tally = build(Config(mode="compat")).tally(outcomes([{"label": "neutral"}] * 5, refusals))
    assert not tally.parsed_N.any()
    assert "5 of 5 predictions" in tally.notes[0]


def test_an_abstention_is_not_looked_up_in_the_answer() -> None:
    said = {"label": Missing("abstained"), "answer": "perhaps happy"}
    assert scored("strict", ["happy"], [said])["accuracy"] == 0


def test_in_a_space_without_neutral_what_cannot_be_read_is_wrong() -> None:
    assert scored("compat", ["happy", "sad"], [{}, {"label": "sad"}], "happy,sad")["war"] == 0.5


def test_refusals_are_one_more_answer_as_in_scikit_learn() -> None:
    truths = ["happy", "happy", "sad", "angry", "neutral", "sad"]
    said = ["happy", "none", "sad", "sad", "none", "happy"]
    found = scored("strict", truths, [{"label": label} for label in said])
    wanted = metrics.f1_score(truths, said, average="weighted", zero_division=0)
    assert found["weighted_f1"] == pytest.approx(wanted)
    assert found["war"] == found["accuracy"] == pytest.approx(2 / 6)
    assert found["recall.happy"] == 0.5
    assert found["uar"] == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)


def test_the_confusion_for_reports_names_refusals_only_where_there_are_some() -> None:
    metric = build(Config(space="happy,sad"))
    truths = [{"label": "happy"}, {"label": "sad"}, {"label": "sad"}]
    all_said = outcomes(truths, [{"label": "happy"}, {"label": "happy"}, {"label": "sad"}])
    assert metric.tally(all_said).details["confusion"] == {
        "labels": ["happy", "sad"], "answers": ["happy", "sad"], "counts": [[1, 0], [1, 1]],
    }  # fmt: skip
    refused = outcomes(truths, [{"label": "happy"}, {}, {"label": "sad"}])
    assert metric.tally(refused).details["confusion"] == {
        "labels": ["happy", "sad"],
        "answers": ["happy", "sad", "no label"],
        "counts": [[1, 0, 0], [0, 1, 1]],
    }


@pytest.mark.parametrize("truth", [{"label": "bored"}, {}])
def test_a_truth_without_a_label_of_the_space_is_told_by_its_row(truth: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"labels.csv, row 2 \(clip0\)"):
        build(Config()).tally(outcomes([truth], [{"label": "happy"}]))


def test_an_unknown_space_is_an_error() -> None:
    with pytest.raises(ConfigError, match="mer7"):
        build(Config(space="mer7"))


def test_the_majority_is_a_constant() -> None:
    made = outcomes([{"label": "sad"}, {"label": "sad"}, {"label": "angry"}], [{}] * 3)
    constants = build(Config()).constants([outcome.truth for outcome in made])
    assert constants["majority"] == Prediction(id="", label="sad")
    assert len(constants) == 7
