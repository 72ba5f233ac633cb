"""What a step gave is found again by what it was made of, and only then."""

import json
from pathlib import Path

import pytest

from affectlens.annotation.work import Work, key_of


def test_a_step_is_made_once_for_one_key_and_anew_for_another(tmp_path: Path) -> None:
    made: list[str] = []

    def make(what: str) -> str:
        made.append(what)
        return what

    assert Work(tmp_path, "a").step("face", "k1", lambda: make("one")) == "one"
    assert Work(tmp_path, "a").step("face", "k1", lambda: make("two")) == "one"
    assert Work(tmp_path, "b").step("face", "k1", lambda: make("three")) == "three"
    assert Work(tmp_path, "a").step("face", "k2", lambda: make("four")) == "four"
    assert made == ["one", "three", "four"]


def test_what_raises_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    work = Work(tmp_path, "a")
    work.step("face", "k", lambda: "kept")

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        work.step("tone", "k", fail)
    again = Work(tmp_path, "a")
    assert again.step("face", "k", fail) == "kept"
    assert again.step("tone", "k", lambda: "made") == "made"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"face": 3}', '{"face": {"key": "k"}}'])
def test_damaged_work_is_made_anew(tmp_path: Path, damage: str) -> None:
    Work(tmp_path, "a").step("face", "k", lambda: "old")
    (tmp_path / "items" / "a.json").write_text(damage)
    assert Work(tmp_path, "a").step("face", "k", lambda: "new") == "new"
    assert json.loads((tmp_path / "items" / "a.json").read_text())["face"]["value"] == "new"


def test_a_flipped_bit_is_noticed_and_the_step_made_anew(tmp_path: Path) -> None:
    Work(tmp_path, "a").step("face", "k", lambda: {"text": "She smiles."})
    file = tmp_path / "items" / "a.json"
    file.write_text(file.read_text().replace("smiles", "smilez"))
    assert Work(tmp_path, "a").step("face", "k", lambda: "new") == "new"


def test_bytes_are_kept_by_their_key_until_they_are_forgotten(tmp_path: Path) -> None:
    work = Work(tmp_path, "a")
    key = key_of("x", 1)
    assert work.blob(key, lambda: b"one") == b"one"
    assert Work(tmp_path, "b").blob(key, lambda: b"two") == b"one"
    work.forget(key)
    assert work.blob(key, lambda: b"two") == b"two"


def test_keys_tell_values_apart_that_print_alike() -> None:
    assert len({key_of("a", "b"), key_of("ab"), key_of("a", None), key_of("1"), key_of(1)}) == 5
