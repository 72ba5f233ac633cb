"""The best of several runs is chosen on development data, or marked for what it is."""

import json
from dataclasses import replace

import jsonschema
import pytest

from affectlens.corpora.corpus import Sample
from affectlens.evaluation import document
from affectlens.evaluation.score import Score, Scores
from affectlens.evaluation.statistics.selection import (
    Candidate,
    kind,
    select,
    sentence,
    splits_of,
    to_json,
)
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing


def run(name: str, value: float | Missing, *splits: str, **more: object) -> Candidate:
    score = Score(name="f", value=value, low=0.0, high=1.0, error=0.1, **more)  # type: ignore[arg-type]
    scores = Scores(
        metric="m", mode="strict", headline="f", settings={}, samples=9, counted=9, parsed=9,
        failed=0, scores=(score,),
    )  # fmt: skip
    return Candidate(name=name, scores=scores, splits=splits)


# Epochs 30 and 50 of the released labels on MER2023 (affectgpt-emer.md §2.5) and one between.
TEST = [run("30", 0.7255, "test"), run("50", 0.7854, "test"), run("60", 0.7400, "test")]


@pytest.mark.parametrize(
    ("splits", "is_a"),
    [
        (["dev"], "development"),
        (["Val_2", " validation"], "development"),
        (["train"], "train"),
        (["dev", "train"], "train"),
        (["test1"], "test"),
        (["dev", "test"], "test"),
        (["dev", ""], "unknown"),
        (["session5"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_worst_split_says_what_data_may_be_used_for(splits: list[str], is_a: str) -> None:
    assert kind(splits) == is_a


def test_on_development_data_the_best_is_chosen_unmarked() -> None:
    found = select([run("a", 0.5, "dev"), run("b", 0.7, "dev"), run("c", 0.7, "dev")])
    assert (found.chosen, found.value, found.selected_on_test) == ("b", 0.7, False)
    assert sentence(found).startswith("b: f 70.0, the best of 3 candidates on development data")


@pytest.mark.parametrize("splits", [("test",), ("",), (), ("session5",), ("dev", "test")])
def test_on_test_or_unknown_data_choosing_is_refused_with_what_to_do(
    splits: tuple[str, ...],
) -> None:
    with pytest.raises(ConfigError, match=r"Run the candidates on the dev or val split.*--on-test"):
        select([run("a", 0.5, *splits), run("b", 0.6, *splits)])


def test_whoever_asks_for_it_on_test_data_gets_the_mean_beside_it() -> None:
    found = select(TEST, on_test=True)
    assert found.selected_on_test
    assert found.chosen == "50"
    assert (found.least, found.most) == (0.7255, 0.7854)
    assert found.mean == pytest.approx(0.7503)
    assert found.sd == pytest.approx(0.0313, abs=1e-4)
    assert sentence(found) == (
        "50: f 78.5, maximum over 3 candidates on the test data; "
        "the mean is 75.0 ± 3.1, from 72.5 to 78.5."
    )


def test_an_unknown_split_is_marked_as_test_data() -> None:
    assert select([run("a", 0.5)], on_test=True).selected_on_test


def test_training_data_are_refused() -> None:
    with pytest.raises(ConfigError, match="training data"):
        select([run("a", 0.5, "train"), run("b", 0.6, "train")], on_test=True)


def test_of_a_score_of_which_less_is_better_the_least_is_chosen() -> None:
    runs = [
        run("a", 0.5, "test", lower_is_better=True),
        run("b", 0.6, "test", lower_is_better=True),
    ]
    found = select(runs, on_test=True)
    assert found.chosen == "a"
    assert "minimum over 2 candidates" in sentence(found)


def test_runs_that_were_not_scored_alike_are_no_candidates() -> None:
    a, b = run("a", 0.5, "dev"), run("b", 0.6, "dev")
    with pytest.raises(ConfigError, match="not scored alike: settings"):
        select([a, replace(b, scores=replace(b.scores, settings={"space": "x"}))])
    with pytest.raises(ConfigError, match="a is of split 'dev', b of 'val'"):
        select([a, run("b", 0.6, "val")])
    with pytest.raises(ConfigError, match="the same name: a"):
        select([a, a])
    with pytest.raises(ConfigError, match="nothing to choose"):
        select([])


def test_a_score_that_a_run_has_not_is_an_error() -> None:
    with pytest.raises(ConfigError, match="has no score 'g'"):
        select([run("a", 0.5, "dev")], score="g")
    with pytest.raises(ConfigError, match="b has no f: it refused"):
        select([run("a", 0.5, "dev"), run("b", Missing("it refused"), "dev")])


def test_splits_of_samples_say_where_a_corpus_does_not() -> None:
    samples = [Sample(id="1", split="test"), Sample(id="2"), Sample(id="3", split="test")]
    assert splits_of(samples) == ("", "test")


@pytest.mark.parametrize("runs", [TEST, TEST[:1]])
def test_a_selection_is_a_document_that_keeps_the_mark(runs: list[Candidate]) -> None:
    found = to_json(select(runs, on_test=True))
    jsonschema.validate(found, document.schema())
    assert json.loads(json.dumps(found, allow_nan=False))["selected_on_test"] is True
