"""`Scores` and `Comparison` as JSON documents of published, versioned schemas, and back.

No document holds a time or a fact about a machine: the same scores are the same bytes. Numbers keep
all their digits. What is Missing is {"missing": reason}; NaN and infinity never appear.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar, cast

import numpy as np

from affectlens.evaluation import score
from affectlens.evaluation.score import Scores
from affectlens.evaluation.statistics.difference import COMPARISON, Comparison
from affectlens.foundation.decoding import decode
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

_T = TypeVar("_T")


def to_json(noun: Scores | Comparison) -> dict[str, Any]:
    """The document; its first key is the schema's name."""
    name = score.SCHEMA if isinstance(noun, Scores) else COMPARISON
    return {"schema": name, **cast(dict[str, Any], plain(noun))}


def from_json(document: Mapping[str, Any]) -> Scores:
    """The scores that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    return _read(document, score.SCHEMA, Scores)


def comparison_from_json(document: Mapping[str, Any]) -> Comparison:
    """The comparison that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    return _read(document, COMPARISON, Comparison)


def dumps(noun: Scores | Comparison) -> str:
    """The document as text, always the same for the same noun."""
    return json.dumps(to_json(noun), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of all documents."""
    return cast(dict[str, Any], json.loads(_schema_text()))


def plain(value: Any) -> Any:
    """A value in JSON's terms; a NaN has no reason to give and becomes null."""
    if isinstance(value, Missing):
        return {"missing": value.reason}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return _atom(value)


def _atom(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a document.")


@cache
def _schema_text() -> str:
    place = resources.files("affectlens.evaluation").joinpath("scores.schema.json")
    return place.read_text("utf-8")


def _read(document: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != name:
        raise InputError(
            f"A document of schema {name!r} was expected, found {found!r}. "
            "Score the predictions again with this version."
        )
    return decode(kind, {k: v for k, v in document.items() if k != "schema"}, "document")
