"""The analysis as a JSON document of a published, versioned schema, and back.

A span is written as [start, end] in seconds. Times have 3 decimals, everything else 4. NaN and
infinity never appear.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

from affectlens.foundation.decoding import decode
from affectlens.foundation.errors import InputError
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import SCHEMA, Analysis

_TIME_DIGITS, _DIGITS = 3, 4


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The document; its first key is the schema's name."""
    whole = cast(dict[str, Any], _encode(analysis, _DIGITS))
    return {"schema": whole.pop("schema"), **whole}


def from_json(document: Mapping[str, Any]) -> Analysis:
    """The analysis that a document holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != SCHEMA:
        raise InputError(
            f"An analysis of schema {SCHEMA!r} was expected, found {found!r}. "
            "Analyze the input again with this version."
        )
    return decode(Analysis, dict(document), "analysis")


@cache
def _schema_text() -> str:
    """The schema's file."""
    place = resources.files("affectlens.reasoning").joinpath("analysis.schema.json")
    return place.read_text("utf-8")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the document."""
    return cast(dict[str, Any], json.loads(_schema_text()))


def _encode(value: object, digits: int) -> object:
    """A value in JSON's terms."""
    if isinstance(value, Span):
        return [_encode(value.start_s, _TIME_DIGITS), _encode(value.end_s, _TIME_DIGITS)]
    if is_dataclass(value):
        return {f.name: _encode(getattr(value, f.name), _digits(f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _encode(part, _digits(key)) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_encode(part, digits) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"An analysis has no place for {value}.")
        # Adding zero makes of -0.0 what people expect.
        return round(float(value), digits) + 0.0
    return value


def _digits(name: str) -> int:
    """Decimals of a number by the name of its field."""
    return _TIME_DIGITS if name.endswith("_s") else _DIGITS
