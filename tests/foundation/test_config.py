"""Settings: a file < the environment < --set, and every mistake is named with its place."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.perception.settings import PerceptionSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    rate_hz: float = 12.5
    count: int = 3
    on: bool = False
    mode: Literal["auto", "none"] = "auto"
    language: str | None = None
    limit_s: float | None = 2.0
    names: tuple[str, ...] = ("a", "b")

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError(f"inner.count is 0 or more, got {self.count}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer:
    title: str = "x"
    inner: Inner = field(default_factory=Inner)


def read(
    *sets: str,
    toml: str | None = None,
    env: dict[str, str] | None = None,
    folder: Path | None = None,
) -> Outer:
    file = None
    if toml is not None:
        assert folder is not None
        file = folder / "settings.toml"
        file.write_text(toml, encoding="utf-8")
    return config.read(Outer, file=file, env=env or {}, sets=sets)


def test_nothing_written_is_the_defaults() -> None:
    assert read(env={"PATH": "/bin", "AFFECTLENS_HOME": "x"}) == Outer()


def test_set_wins_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    toml = 'title = "file"\n[inner]\nrate_hz = 1\ncount = 1\non = true\n'
    env = {"AFFECTLENS__INNER__RATE_HZ": "2", "AFFECTLENS__INNER__COUNT": "2"}
    made = read("inner.rate_hz=3", toml=toml, env=env, folder=tmp_path)
    assert made == Outer(title="file", inner=Inner(rate_hz=3.0, count=2, on=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inner.rate_hz=25", Inner(rate_hz=25.0)),
        ("inner.count=-0", Inner(count=0)),
        ("inner.on=true", Inner(on=True)),
        ("inner.mode=none", Inner(mode="none")),
        ("inner.language=zh", Inner(language="zh")),
        ("inner.language=none", Inner(language=None)),
        ("inner.limit_s=none", Inner(limit_s=None)),
        ("inner.limit_s=1e1", Inner(limit_s=10.0)),
        ("inner.names=c, d", Inner(names=("c", "d"))),
        ("inner.names=", Inner(names=())),
    ],
)
def test_text_is_read_as_the_type_of_its_field(text: str, expected: Inner) -> None:
    assert read(text).inner == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inner.rate=1", ["--set inner.rate", "Did you mean 'inner.rate_hz'?"]),
        ("iner.count=1", ["--set iner.count", "Did you mean 'inner'?"]),
        ("inner.count=1.5", ["--set inner.count", "a whole number", "'1.5'"]),
        ("inner.rate_hz=nan", ["a finite number"]),
        ("inner.on=perhaps", ["true or false"]),
        ("inner.mode=manual", ["one of 'auto', 'none'"]),
        ("inner.limit_s=much", ["none or a finite number"]),
        ("inner.count=-1", ["0 or more"]),
        ("inner=1", ["a group of settings"]),
        ("inner.count.x=1", ["inner.count is one value"]),
        ("inner.count", ["NAME=VALUE"]),
        ("=1", ["no setting"]),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_write(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("inner.count = true", ["settings.toml: inner.count", "a whole number", "True"]),
        ("inner.count = 1.0", ["a whole number"]),
        ("inner.on = 1", ["true or false"]),
        ('inner.rate_hz = "1"', ["a finite number"]),
        ("inner.rate_hz = inf", ["a finite number"]),
        ("inner.names = [1]", ["a list of texts"]),
        ("inner.language = 3", ["none or text"]),
        ("[inner.mode]\nx = 1", ["inner.mode is one value"]),
        ("inner = 3", ["a group of settings"]),
        ("inner = [", ["not TOML"]),
    ],
)
def test_a_file_must_have_the_right_types(toml: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(toml=toml, folder=tmp_path)
    for word in words:
        assert word in str(caught.value)


def test_a_mistake_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ConfigError, match=r"AFFECTLENS__INNER__COUNTS.*Did you mean 'inner.count'"):
        read(env={"AFFECTLENS__INNER__COUNTS": "1"})


def test_a_file_that_is_not_there_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.read(Outer, file=tmp_path / "no.toml", env={}, sets=[])


def test_equal_settings_have_equal_digests_however_they_were_written(tmp_path: Path) -> None:
    whole = read(toml="inner.rate_hz = 25", folder=tmp_path)
    assert config.digest(whole) == config.digest(read("inner.rate_hz=25.0"))
    assert config.digest(whole) != config.digest(Outer())


def test_the_digest_does_not_change_between_machines_and_versions() -> None:
    stored = "38ae2ff5e4fb4c5fdfaa109bc1e883902c4893a9890db55d03213d39454c4714"
    assert config.digest(Outer()) == stored


def test_settings_as_a_dict_are_plain_json() -> None:
    plain = config.as_dict(Outer())
    assert plain["inner"]["names"] == ["a", "b"]
    assert plain["inner"]["language"] is None


@given(st.floats(min_value=0, max_value=1e6), st.integers(1, 10_000), st.booleans())
def test_what_is_written_is_what_is_read(rate_hz: float, count: int, on: bool) -> None:
    made = read(f"inner.rate_hz={rate_hz!r}", f"inner.count={count}", f"inner.on={on}")
    assert (made.inner.rate_hz, made.inner.count, made.inner.on) == (rate_hz, count, on)


def test_the_projects_own_settings_can_be_read() -> None:
    env = {"AFFECTLENS__PERCEPTION__FACES__RATE_HZ": "25"}
    sets = ["voice.words=subtitles", "faces.max_people=2"]
    with pytest.raises(ConfigError, match="perception"):
        config.read(PerceptionSettings, file=None, env=env, sets=sets)
    made = config.read(PerceptionSettings, file=None, env={}, sets=sets)
    assert (made.voice.words, made.faces.max_people) == ("subtitles", 2)
