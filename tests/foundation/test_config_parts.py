"""Plug-ins chosen in settings, and plain values there and back."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from affectlens.foundation import config
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.foundation.timeline import Span


@dataclass(frozen=True, kw_only=True, slots=True)
class _Settings:
    judge: Part = field(default=Part("local"), metadata={"group": "evaluation.judges"})


def _read(*sets: str, file: Path | None = None) -> Part:
    return config.read(_Settings, file=file, env={}, sets=sets).judge


def test_a_part_is_chosen_by_its_name_and_its_settings_have_their_types(tmp_path: Path) -> None:
    assert _read() == Part("local")
    assert _read("judge=endpoint", "judge.model=m", "judge.retries=7") == Part(
        "endpoint", {"model": "m", "retries": 7}
    )
    file = tmp_path / "recipe.toml"
    file.write_text('[judge]\nuse = "endpoint"\nmodel = "m"\ntimeout_s = 3\n')
    assert _read(file=file) == Part("endpoint", {"model": "m", "timeout_s": 3.0})
    assert _read("judge.retries=1", file=file).settings["retries"] == 1


def test_what_a_part_does_not_know_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no 'endpointt'.*Did you mean 'endpoint'"):
        _read("judge=endpointt")
    with pytest.raises(ConfigError, match=r"judge\.retires.*Did you mean 'judge\.retries'"):
        _read("judge=endpoint", "judge.model=m", "judge.retires=7")
    with pytest.raises(ConfigError, match="whole number"):
        _read("judge=endpoint", "judge.model=m", "judge.retries=many")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Small:
    label_space: str = "dfew7"
    margin: float = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class _Middle:
    small: _Small = field(default_factory=_Small)
    model: str = "rules"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Large:
    middle: _Middle = field(default_factory=lambda: _Middle(small=_Small(label_space="mer9")))


@pytest.mark.parametrize("said", ["middle.model=x", "middle.small.margin=0.5"])
def test_a_default_that_a_group_has_in_its_place_outlives_settings_beside_it(said: str) -> None:
    found = config.read(_Large, file=None, env={}, sets=[said])
    assert found.middle.small.label_space == "mer9"
    assert found != _Large()


@dataclass(frozen=True, slots=True)
class _Inner:
    span: Span
    size: float | Missing


@dataclass(frozen=True, slots=True)
class _Outer:
    parts: tuple[_Inner, ...]
    names: dict[str, str | None]


def test_what_is_encoded_decodes_to_the_same() -> None:
    whole = _Outer((_Inner(Span(0.5, 2.0), 1.25), _Inner(Span(0, 0), Missing("why"))), {"a": None})
    assert decode(_Outer, encode(whole), "thing") == whole
    with pytest.raises(ValueError, match="no place for nan"):
        encode(_Inner(Span(0, 1), float("nan")))
