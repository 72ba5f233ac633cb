"""Leaks are told by content, and stop a run, are dropped, or are let be."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpora.placing import put
from tests.training.made_data import folder, looked_at, one, opened, recipe

from affectlens.annotation.annotation import Annotation
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of
from affectlens.training import leaks
from affectlens.training.leaks import checked
from affectlens.training.recipe import Data, Develop, Recipe
from affectlens.training.survey import Survey

SUM = "ab" * 32


def apart(root: Path, learned: Sequence[Annotation], held: Sequence[Annotation]) -> Recipe:
    """A recipe whose held-back clips are data of their own; b.wav and x.wav are one file."""
    data = {
        "a": Data(path=str(folder(root / "a", learned))),
        "dev": Data(path=str(folder(root / "dev", held))),
    }
    return recipe(data, {"emotion": 1}, learned=("a",), develop=Develop(data=("dev",)))


def sound(name: str, **fields: str) -> Annotation:
    return one(name, label="happy", **fields)


def found_in(made: Recipe, cache: Path | None = None) -> Survey:
    return checked(looked_at(made), opened(made), made, cache)


@pytest.fixture
def leaking(tmp_path: Path) -> Recipe:
    """One of whose clips, b of a, is x of dev."""
    made = apart(tmp_path, [sound("a"), sound("b"), sound("c")], [sound("x", split="dev")])
    put(tmp_path / "dev" / "media" / "x.wav", "the bytes of b")
    return made


def test_the_same_file_under_two_names_stops_the_run_and_is_named(leaking: Recipe) -> None:
    with pytest.raises(ConfigError, match=r"1 clips are both .*: 'b' of a is 'x' of dev.*drop"):
        found_in(leaking)


def test_leaks_that_are_dropped_are_not_learned_but_counted(leaking: Recipe) -> None:
    found = found_in(replace(leaking, leaks="drop"))
    assert found.pools[0].indices.tolist() == [0, 2]
    assert (found.counts["a"]["learned"], found.counts["a"]["emotion"]) == (2, 2)
    assert found.counts["a"]["leaks"] == 1
    assert any("'b' of a is 'x' of dev. They are not learned." in note for note in found.notes)


def test_leaks_that_are_allowed_are_told(leaking: Recipe) -> None:
    found = found_in(replace(leaking, leaks="allow"))
    assert found.pools[0].indices.tolist() == [0, 1, 2]
    assert any("'b' of a is 'x' of dev" in note for note in found.notes)


def test_a_pool_of_nothing_but_leaks_is_told(tmp_path: Path) -> None:
    made = apart(tmp_path, [sound("a", sha256=SUM)], [sound("x", sha256=SUM, split="dev")])
    with pytest.raises(ConfigError, match=r"All clips of data.a for the task 'emotion'"):
        found_in(replace(made, leaks="drop"))


def test_a_checksum_that_is_told_counts_also_where_the_file_is_another(tmp_path: Path) -> None:
    told = [sound("a"), sound("b", sha256=SUM)]
    made = apart(tmp_path, told, [sound("x", sha256=SUM, split="dev")])
    with pytest.raises(ConfigError, match="'b' of a is 'x' of dev"):
        found_in(made)


@pytest.mark.parametrize("which", ["learned", "held"])
def test_a_checksum_that_is_told_is_compared_with_those_of_files(
    tmp_path: Path, which: str
) -> None:
    file = put(tmp_path / "same", "the bytes of b")
    told = {"sha256": sha256_of(file)}
    made = (
        apart(tmp_path, [sound("a"), sound("y", **told)], [sound("b", split="dev")])
        if which == "learned"
        else apart(tmp_path, [sound("a"), sound("b")], [sound("x", split="dev", **told)])
    )
    with pytest.raises(ConfigError, match="are both learned and developed on"):
        found_in(made)


def test_an_id_that_stands_twice_in_a_source_is_one_clip(tmp_path: Path) -> None:
    clips = [sound("a"), sound("b"), sound("b", split="dev")]
    data = {"a": Data(path=str(folder(tmp_path, clips, media=True)))}
    with pytest.raises(ConfigError, match="'b' of a is itself"):
        found_in(recipe(data, {"emotion": 1}))
    other = apart(tmp_path / "two", [sound("b")], [sound("b", split="dev")])
    put(tmp_path / "two" / "dev" / "media" / "b.wav", "the bytes of another")
    assert found_in(other).pools


def test_clips_that_nothing_tells_apart_are_counted(tmp_path: Path) -> None:
    made = apart(tmp_path, [sound("a"), sound("b")], [sound("x", split="dev")])
    sources = opened(made)
    found = looked_at(made, sources)
    for name in ("a/media/a.wav", "dev/media/x.wav"):
        (tmp_path / name).unlink()
    again = checked(found, sources, made)
    assert any("1 clips have neither a checksum nor a file" in note for note in again.notes)


def test_only_files_of_a_size_that_is_developed_on_are_read_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = apart(tmp_path, [sound("a"), sound("long"), sound("c")], [sound("x", split="dev")])
    read: list[str] = []

    def reading(path: Path) -> str:
        read.append(path.stem)
        return sha256_of(path)

    monkeypatch.setattr(leaks, "sha256_of", reading)
    cache = tmp_path / "run" / "hashes.jsonl"
    found_in(made, cache)
    assert read == ["x", "a", "c"]
    found_in(made, cache)
    assert read == ["x", "a", "c"]
    rows = [json.loads(line) for line in cache.read_text().splitlines()]
    assert [Path(row["path"]).stem for row in rows] == read
    put(cache, cache.read_text()[:-20])  # as a kill leaves it
    put(tmp_path / "a" / "media" / "a.wav", "the bytes of x")  # and a file that changed
    with pytest.raises(ConfigError, match="'a' of a is 'x' of dev"):
        found_in(made, cache)
    assert read[3:] == ["a", "c"]


def test_without_held_back_clips_nothing_is_compared(tmp_path: Path) -> None:
    made = recipe({"a": Data(path=str(folder(tmp_path, [sound("a")])))}, {"emotion": 1})
    found = looked_at(made)
    assert checked(found, opened(made), made) is found


def test_what_another_stage_develops_on_is_not_learned_before(leaking: Recipe) -> None:
    made = replace(leaking, develop=Develop(split="none"))
    sources = opened(made)
    found = looked_at(made, sources)
    assert checked(found, sources, made) is found
    with pytest.raises(ConfigError, match="'b' of a is 'x' of dev"):
        checked(found, sources, made, also=[("dev", 0)])
    with pytest.raises(ConfigError, match="'c' of a is itself"):
        checked(found, sources, made, also=[("a", 2)])
