"""What a declaration says wrong is told where it is made."""

from dataclasses import replace
from typing import Any

import pytest
from tests.model.affect_models import LAYOUT, LORA, SYSTEM

from affectlens.foundation.errors import ConfigError


@pytest.mark.parametrize(
    "wrong", [{"rank": 0}, {"rank": -1}, {"dropout": 1.0}, {"dropout": -0.1}, {"targets": ()}]
)
def test_lora_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="LoRA has a rank of 1 or more"):
        replace(LORA, **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bos": -1}, "0 or more"),
        ({"bos_later": -1}, "0 or more"),
        ({"first": ("{patches}{context}",)}, "first turn asks something"),
        ({"later": ()}, "later turn asks something"),
    ],
)
def test_a_layout_asks_and_begins(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(LAYOUT, **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"max_length": 0}, "max_length is 1"), ({"prompts": "zz"}, "prompts 'zz'")]
)
def test_a_system_has_room_for_answers_and_prompts_that_exist(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(SYSTEM, **wrong)


def test_systems_tell_in_what_they_differ() -> None:
    other = replace(SYSTEM, max_length=7, streams=SYSTEM.streams[::-1])
    assert SYSTEM.differences(other) == ["streams", "max_length"]
    assert SYSTEM.differences(type(SYSTEM).from_json(SYSTEM.as_json())) == []
