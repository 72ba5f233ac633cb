"""Documents of scores follow their schema, come back whole, and are the same bytes twice."""

import copy
import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest
from tests.evaluation.simple_metric import Mean, answered, guesses, labels_metric, numbers

from affectlens.evaluation import document
from affectlens.evaluation.score import Scores
from affectlens.evaluation.scoring import score
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.evaluation.statistics.compare import Plan, System, compare
from affectlens.evaluation.statistics.difference import Comparison
from affectlens.foundation.errors import InputError

GROUPS = ["a", "b"] * 40


def scores() -> Scores:
    pairs = [(o.truth.label, o.prediction.label) for o in guesses(80, 0.7, 1)]
    outcomes = answered(pairs, group=GROUPS)  # type: ignore[arg-type]
    settings = {"space": "of three"}
    return score(labels_metric(), outcomes, settings=settings, resamples=40, slices=["group"])


def comparison() -> Comparison:
    plan = Plan(draws=Draws(resamples=40), swaps=40)
    a, b = System("a", guesses(30, 0.5, 1)), System("b", guesses(30, 0.9, 2))
    return compare([labels_metric()], a, b, plan=plan)


def test_a_document_follows_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(document.schema())
    for noun in (scores(), comparison()):
        jsonschema.validate(document.to_json(noun), document.schema())


def test_scores_and_comparisons_come_back_whole() -> None:
    assert document.from_json(json.loads(document.dumps(scores()))) == scores()
    assert document.comparison_from_json(json.loads(document.dumps(comparison()))) == comparison()


def test_what_is_missing_comes_back_with_its_reason() -> None:
    nothing = score(Mean(), numbers([0.0, 0.0]), settings={}, resamples=5)
    written = document.to_json(nothing)
    assert written["scores"][1]["value"] == {"missing": "there is nothing to score"}
    jsonschema.validate(written, document.schema())
    assert document.from_json(written) == nothing


def test_the_same_scores_are_the_same_bytes() -> None:
    assert document.dumps(scores()) == document.dumps(scores())
    assert document.dumps(comparison()) == document.dumps(comparison())


def test_numbers_keep_all_their_digits() -> None:
    found = scores()
    value = json.loads(document.dumps(found))["scores"][0]["value"]
    assert value == found.scores[0].value
    assert len(repr(value)) > 12


def test_no_document_has_a_nan() -> None:
    assert document.plain({"a": (math.nan, np.float64("inf"), np.int64(3))}) == {
        "a": [None, None, 3]
    }
    json.loads(document.dumps(scores()), parse_constant=pytest.fail)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no place"):
        document.plain({"x": object()})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": "affectlens.scores/9"}, "schema 'affectlens.scores/1' was expected"),
        ({"samples": "80"}, r"document\.samples should be int, found '80'"),
        ({"samples": True}, r"document\.samples should be int"),
        ({"mode": "lax"}, r"document\.mode should be one of compat, strict"),
        ({"notes": "one"}, r"document\.notes should be an array"),
        ({"details": []}, r"document\.details should be an object"),
        ({"extra": 1}, "other keys than expected, see: extra"),
        ({"scores": [{"name": "f"}]}, r"document\.scores\[0\] has other keys"),
    ],
)
def test_another_document_is_refused_with_the_place(change: dict[str, Any], says: str) -> None:
    written = {**document.to_json(scores()), **change}
    with pytest.raises(InputError, match=says):
        document.from_json(written)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, document.schema())


def test_a_number_that_is_null_is_refused() -> None:
    written = copy.deepcopy(document.to_json(scores()))
    written["scores"][0]["value"] = None
    with pytest.raises(InputError, match=r"scores\[0\]\.value should be float"):
        document.from_json(written)
