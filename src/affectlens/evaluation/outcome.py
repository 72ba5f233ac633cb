"""`Outcome`: one sample as people labelled it, and as it was predicted."""

from collections.abc import Callable, Mapping
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
_MOST = 1e50  # of numbers: products of four of them are numbers, too


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


def unanswered(id_: str, why: Missing) -> Prediction:
    """The prediction of a sample that was looked at and in which there was nobody to read."""
    fields: dict[str, Any] = dict.fromkeys(_FIELDS, why)
    return Prediction(id=id_, **fields)


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
    """The prediction of a record that `to_json` wrote.

    Raises:
        TypeError: it has no id, or a field holds what it cannot.
    """
    if "id" not in record:
        raise TypeError("it has no id")
    for name, value in record.items():
        if name in _HOLDS and not _HOLDS[name](value):
            raise TypeError(f"{name} cannot be {str(value)[:40]!r}")
    given: dict[str, Any] = {name: record[name] for name in _FIELDS if name in record}
    if "labels" in given:
        given["labels"] = tuple(given["labels"])
    given |= {name: Missing(reason) for name, reason in record.get("missing", {}).items()}
    failure = Missing(record["failure"]) if "failure" in record else None
    return Prediction(id=record["id"], failure=failure, **given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and abs(value) <= _MOST  # NaN is not either


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _list(part: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(part, value))


def _object(part: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(part, value.values()))


_HOLDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("id", "failure", "answer", "label", "explanation"), _is_text),
    "labels": _list(_is_text),
    "probabilities": _object(_is_number),
    "valence": _is_number,
    "arousal": _is_number,
    "claims": _object(_is_count),
    "missing": lambda value: _object(_is_text)(value) and set(value) <= set(_FIELDS),
}
