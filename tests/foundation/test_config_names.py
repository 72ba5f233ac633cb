"""Tables with names of the user's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class One:
    size: int = 1
    shares: Mapping[str, float] = field(default_factory=lambda: {"a": 1.0})


@dataclass(frozen=True, kw_only=True)
class All:
    ones: Mapping[str, One] = field(default_factory=lambda: {"first": One(size=5)})
    words: Mapping[str, str] = field(default_factory=dict)


def made(tmp_path: Path, text: str, *sets: str) -> All:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return config.read(All, file=file, env={}, sets=sets)


def test_tables_of_settings_add_to_the_default_and_keep_their_order(tmp_path: Path) -> None:
    found = made(tmp_path, "[ones.z]\nsize = 2\n[ones.a]\nsize = 3\n")
    assert list(found.ones) == ["first", "z", "a"]
    assert found.ones["z"] == One(size=2)


def test_a_table_of_the_default_is_changed_in_what_is_written(tmp_path: Path) -> None:
    found = made(tmp_path, "[ones.first]\nshares = {b = 2}\n")
    assert found.ones["first"] == One(size=5, shares={"b": 2.0})


def test_plain_values_replace_those_of_the_default(tmp_path: Path) -> None:
    found = made(tmp_path, "[ones.x]\nshares = {b = 2, c = 0.5}\n", "ones.x.shares.c=1")
    assert found.ones["x"].shares == {"b": 2.0, "c": 1.0}


def test_an_empty_table_is_there(tmp_path: Path) -> None:
    assert made(tmp_path, "[ones.x]\n").ones["x"] == One()
    assert made(tmp_path, "[ones.x]\nshares = {}\n").ones["x"].shares == {}


def test_the_command_line_can_name_a_new_one(tmp_path: Path) -> None:
    assert made(tmp_path, "", "ones.x.size=7", "words.joy=happy") == All(
        ones={"first": One(size=5), "x": One(size=7)}, words={"joy": "happy"}
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ones = 3\n", "table of names"),
        ("[ones.x]\nsiez = 2\n", "Did you mean 'ones.x.size'"),
        ("[ones.x.shares.b]\nc = 2\n", "ones.x.shares.b is one value"),
        ("[ones.x]\nshares = {b = 'much'}\n", "finite number"),
    ],
)
def test_what_is_wrong_in_them_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        made(tmp_path, text)
