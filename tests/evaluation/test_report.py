"""The page of a run shows every score with its interval and floors, and nothing runs in it."""

import re
from dataclasses import replace

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.report import Run, html_report
from affectlens.evaluation.score import Floor, Score, Scores, Slice
from affectlens.foundation.missing import Missing

NOTHING = Missing("there is nothing to score")


def made(name: str = "uar", **more: object) -> Score:
    values = {"value": 0.625, "low": 0.55, "high": 0.7, "error": 0.04, **more}
    return Score(name=name, **values)  # type: ignore[arg-type]


SCORES = Scores(
    metric="classification",
    mode="strict",
    headline="uar",
    settings={"space": "dfew7"},
    samples=200,
    counted=200,
    parsed=190,
    failed=4,
    scores=(made(), made("recall.happy", value=NOTHING, low=NOTHING, high=NOTHING, error=NOTHING)),
    floors=(Floor(name="majority", scores={"uar": 1 / 7}),),
    details={
        "confusion": {
            "labels": ["happy", "sad"],
            "answers": ["happy", "sad", "(none)"],
            "counts": [[90, 6, 4], [30, 70, 0]],
        },
        "reliability": [
            {"low": 0.0, "high": 0.5, "confidence": 0.4, "accuracy": 0.5, "samples": 10},
            {"low": 0.5, "high": 1.0, "confidence": 0.0, "accuracy": 0.0, "samples": 0},
        ],
    },
    notes=("4 files could not be read.",),
)


def page(scores: Scores = SCORES, **more: object) -> str:
    return html_report(
        Run(title="faces", facts={"model": "rules"}, scores=[scores], **more)  # type: ignore[arg-type]
    )


def test_the_headline_stands_with_interval_floor_and_what_could_be_read() -> None:
    text = re.sub(r"<[^>]+>", " ", page())
    assert "62.5 %" in text
    assert "55.0 – 70.0" in text
    assert "14.3" in text
    assert "floor: majority" in text
    assert "190 parsed" in text
    assert "4 failed" in text


def test_a_score_that_could_not_be_had_says_why_and_is_no_zero() -> None:
    assert "there is nothing to score" in page()
    assert "0.0 –" not in page()


def test_every_cell_of_the_confusion_says_how_many_of_how_many() -> None:
    assert "happy predicted as (none): 4 of 100 (4%)" in page()
    assert "160 of 200 right" in page()


def test_a_name_from_outside_cannot_become_markup() -> None:
    hostile = "<script>alert(1)</script>"
    sliced = Slice(column=hostile, value=hostile, samples=3, scores=(made(),), warning=hostile)
    scores = replace(SCORES, slices=(sliced,), notes=(hostile,))
    sample = Sample(id=hostile, label="happy")
    outcomes = [
        Outcome(sample, Prediction(id=hostile, label="sad", probabilities={"sad": 0.9})),
        Outcome(sample, Prediction(id=hostile, failure=Missing(hostile))),
    ]
    text = page(scores, outcomes=outcomes)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_surest_mistakes_come_first() -> None:
    def mistaken(name: str, probability: float) -> Outcome:
        likely = {"sad": probability, "happy": 1 - probability}
        return Outcome(
            Sample(id=name, label="happy"),
            Prediction(id=name, label="sad", probabilities=likely),
        )

    text = page(outcomes=[mistaken("unsure", 0.51), mistaken("sure", 0.99)])
    assert text.index(">sure<") < text.index(">unsure<")
    assert "Mistakes, the surest first: 2" in text


def test_a_page_of_numbers_that_are_no_shares_has_an_axis_of_its_own() -> None:
    squared = Score(
        name="mse", value=1.25, low=1.0, high=1.5, error=0.1, share=False, lower_is_better=True
    )
    text = page(replace(SCORES, headline="mse", scores=(squared,), details={}))
    assert "1.250" in text
    assert "125.0" not in text


def test_the_same_run_gives_the_same_page() -> None:
    assert page() == page()
