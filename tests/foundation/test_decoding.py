"""What was written of a dataclass makes the same again, and nothing else makes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from affectlens.foundation.decoding import decode
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span


@dataclass(frozen=True)
class Part:
    """Inside of a `Whole`."""

    span: Span
    value: float | Missing
    name: str | None = None


@dataclass(frozen=True)
class Whole:
    """Every type that documents have."""

    parts: tuple[Part, ...]
    pair: tuple[int, str]
    kind: Literal["a", "b"]
    shares: Mapping[str, float]
    words: str | Missing
    anything: Any


WRITTEN: dict[str, Any] = {
    "parts": [
        {"span": [0, 1.5], "value": {"missing": "too short"}, "name": None},
        {"span": [1, 2], "value": 3, "name": "x"},
    ],
    "pair": [1, "one"],
    "kind": "a",
    "shares": {"happy": 1},
    "words": {"missing": "silence"},
    "anything": {"missing": 1},
}


def test_every_type_comes_back() -> None:
    assert decode(Whole, WRITTEN, "whole") == Whole(
        parts=(
            Part(Span(0.0, 1.5), Missing("too short")),
            Part(Span(1.0, 2.0), 3.0, "x"),
        ),
        pair=(1, "one"),
        kind="a",
        shares={"happy": 1.0},
        words=Missing("silence"),
        anything={"missing": 1},
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "c"}, "whole.kind should be one of a, b, found 'c'"),
        ({"pair": [1]}, "whole.pair should be 2 values"),
        ({"pair": [True, "one"]}, r"whole.pair\[0\] should be int, found 'True'"),
        ({"shares": {"happy": "much"}}, "whole.shares.happy should be float"),
        ({"shares": {"happy": float("nan")}}, "whole.shares.happy should be float"),
        ({"shares": []}, "whole.shares should be an object"),
        ({"parts": {}}, "whole.parts should be an array"),
        ({"parts": [{"span": [2, 1], "value": 1, "name": None}]}, "ends after its start"),
        ({"parts": [{"span": [1, 2], "value": None, "name": None}]}, "value should be float"),
        ({"parts": [{"span": [1, 2]}]}, r"whole.parts\[0\] has other keys than expected"),
        ({"words": 3}, "whole.words should be str"),
        ({"odd": 1}, "see: odd"),
    ],
)
def test_the_place_of_what_does_not_fit_is_told(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        decode(Whole, {**WRITTEN, **change}, "whole")
