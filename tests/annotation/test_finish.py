"""The data set depends on its rows, recipe and reviews, and on nothing that lay there before."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.sets import RECIPE, annotated, items, made

from affectlens.annotation.folder import DataFolder
from affectlens.annotation.recipe import Output
from affectlens.annotation.review import decisions
from affectlens.annotation.review.decisions import Decision, seen
from affectlens.annotation.stored import Stored


def test_formats_that_are_no_longer_wanted_are_gone(tmp_path: Path) -> None:
    some = items(tmp_path / "in")
    whole = made(tmp_path / "whole", some)
    both = replace(RECIPE, output=Output(formats=("merr", "llama_factory")))
    made(tmp_path / "set", some, both)
    assert (tmp_path / "set/llama_factory").is_dir()
    assert made(tmp_path / "set", some).sha256 == whole.sha256
    assert not (tmp_path / "set/llama_factory").exists()


def test_notes_of_somebody_stay_and_do_not_count(tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some)
    (root / "notes.txt").write_text("mine")
    recipe = replace(RECIPE, checks=replace(RECIPE.checks, shortest=1))
    made(root, some, recipe)
    assert made(root, some) == first
    assert (root / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["annotations.jsonl", "README.md", "merr/MERR_coarse_grained.json", "manifest.json"]
)
def test_a_damaged_or_lost_file_is_written_anew(name: str, tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some)
    whole = (root / name).read_bytes()
    for damage in (whole[:-9], whole.replace(b"0", b"1"), b""):
        (root / name).write_bytes(damage)
        assert made(root, some) == first
        assert (root / name).read_bytes() == whole
    (root / name).unlink()
    assert made(root, some) == first
    assert (root / name).read_bytes() == whole


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some)
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert made(root, some) == first
    after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert after == stamps


def test_the_order_of_the_ledger_does_not_matter(tmp_path: Path) -> None:
    some = items(tmp_path / "in", 3)
    annotated(tmp_path / "set", some[::-1])
    assert made(tmp_path / "set", some) == made(tmp_path / "other", some)


def test_a_line_torn_by_a_crash_is_made_again(tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some)
    ledger = DataFolder(root).ledger.path
    ledger.write_bytes(ledger.read_bytes()[:-20])
    assert made(root, some) == first
    assert len(list(DataFolder(root).ledger.read())) == 2


def test_what_reviewers_said_and_is_not_applied_is_told(tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    assert not any("eview" in note for note in made(root, some).notes)
    for number, one in enumerate(Stored.of(root / "annotations.jsonl")):
        accepted = Decision(
            id=one.id,
            reviewer="ada",
            action="accept",
            seen="before" if number else seen(one),
            was="neutral",
            label="neutral",
            time="2026-01-01T00:00:00Z",
        )
        for decision in (accepted, replace(accepted, id="gone")):
            decisions.append(root, decision)
        if not number:
            decisions.append(root, replace(accepted, reviewer="bob", label="sad"))
    told = [note for note in made(root, some).notes if "eview" in note]
    assert [note.rpartition(": ")[2] for note in told] == ["c0.", "c1.", "gone."]
    assert "do not agree" in told[0]
    assert made(root, some).notes[:3] == tuple(told)


def test_a_review_is_applied_and_taken_back(tmp_path: Path) -> None:
    some, root = items(tmp_path / "in"), tmp_path / "set"
    first = made(root, some)
    [one, _] = Stored.of(root / "annotations.jsonl")
    no = Decision(
        id=one.id,
        reviewer="r",
        action="reject",
        seen=seen(one),
        was="neutral",
        time="2026-01-01T00:00:00Z",
    )
    decisions.append(root, no)
    assert (made(root, some).kept, made(root, some).rejected) == (1, {"review": 1})
    decisions.append(root, replace(no, action="undo"))
    assert made(root, some).kept == 2
    assert len(decisions.read(root)) == 2
    made_of = json.loads((root / "manifest.json").read_text())["files"]["annotations.jsonl"]
    made(tmp_path / "other", some)
    other = json.loads((tmp_path / "other/manifest.json").read_text())["files"]
    assert made_of == other["annotations.jsonl"]
    assert first.kept == 2
