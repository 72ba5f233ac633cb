"""Giving memory back does no harm, wherever it can be done."""

import sys

import pytest

from affectlens.foundation import memory


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_memory_is_given_back_or_left_alone(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    memory.give_back()
