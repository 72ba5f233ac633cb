"""`Outcome`: one sample as people labelled it, and as it was predicted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectlens.corpora.corpus import Sample
from affectlens.foundation.missing import Missing

SCHEMA = "affectlens.prediction/1"
NOT_GIVEN = Missing("not given")
_FIELDS = (
    "answer",
    "label",
    "labels",
    "probabilities",
    "valence",
    "arousal",
    "explanation",
    "claims",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What was predicted of one sample; what was not has its reason.

    A refusal, an abstention and text that names no label are `Missing` labels.
    """

    id: str
    failure: Missing | None = None  # why nothing at all could be predicted, such as a broken file
    answer: str | Missing = NOT_GIVEN  # the model's own words, before anything was read from them
    label: str | Missing = NOT_GIVEN
    labels: tuple[str, ...] | Missing = NOT_GIVEN  # open-vocabulary
    probabilities: Mapping[str, float] | Missing = NOT_GIVEN  # of the labels of a space, sum 1
    valence: float | Missing = NOT_GIVEN
    arousal: float | Missing = NOT_GIVEN
    explanation: str | Missing = NOT_GIVEN
    claims: Mapping[str, int] | Missing = (
        NOT_GIVEN  # how many are supported, unsupported, unchecked
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sample and its prediction; they have one id."""

    truth: Sample
    prediction: Prediction


def to_json(prediction: Prediction) -> dict[str, Any]:
    """A prediction as a record of `SCHEMA`; reasons stand under "missing" by field."""
    record: dict[str, Any] = {"schema": SCHEMA, "id": prediction.id}
    missing: dict[str, str] = {}
    if prediction.failure is not None:
        record["failure"] = prediction.failure.reason
    for name in _FIELDS:
        value = getattr(prediction, name)
        if value is NOT_GIVEN or value == NOT_GIVEN:
            continue
        if isinstance(value, Missing):
            missing[name] = value.reason
        elif isinstance(value, Mapping):
            record[name] = dict(value)
        else:
            record[name] = list(value) if isinstance(value, tuple) else value
    return {**record, "missing": missing} if missing else record


def from_json(record: Mapping[str, Any]) -> Prediction:
    """The prediction of a record that `to_json` wrote."""
    given: dict[str, Any] = {name: record[name] for name in _FIELDS if name in record}
    if "labels" in given:
        given["labels"] = tuple(given["labels"])
    given |= {name: Missing(reason) for name, reason in record.get("missing", {}).items()}
    failure = Missing(record["failure"]) if "failure" in record else None
    return Prediction(id=record["id"], failure=failure, **given)
