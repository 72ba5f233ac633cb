"""What a row of the ledger is known by: whatever decides an annotation, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

import affectlens
from affectlens.annotation import one, rows
from affectlens.annotation.describers import rules
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Output, Recipe, Splits, Twins
from affectlens.annotation.steps import captioned, checked, described, peaked, seen
from affectlens.foundation.part import use


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (affectlens, "__version__"),
        (one, "VERSION"),
        (rules, "VERSION"),
        (seen, "PERCEPTION"),
        (peaked, "VERSION"),
        (described, "VERSION"),
        (captioned, "VERSION"),
        (checked, "VERSION"),
    ],
)
def test_rows_are_made_anew_by_another_version_of_any_step(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows.made_with(Recipe())
    monkeypatch.setattr(module, name, "another")
    if module is one:
        monkeypatch.setattr(rows, name, "another")
    assert rows.made_with(Recipe()) != before


def test_rows_are_made_anew_by_another_describer_and_prompt() -> None:
    before = rows.made_with(Recipe())
    assert rows.made_with(Recipe(face=use("rules", phrases="plain"))) != before
    assert rows.made_with(Recipe(fine=use("endpoint", model="m"))) != before
    assert rows.made_with(Recipe(prompts="plain")) != before
    assert rows.made_with(Recipe(output=Output(sound=False))) != before


def test_rows_do_not_depend_on_what_is_done_with_all_of_them() -> None:
    before = rows.made_with(Recipe())
    assert rows.made_with(Recipe()) == before
    assert rows.made_with(Recipe(twins=Twins(find=False), splits=Splits(seed=3))) == before
    assert rows.made_with(Recipe(output=Output(formats=("merr",), name="x"))) == before


def test_a_row_is_known_by_the_file_what_lies_beside_it_and_what_was_told(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"one")
    item = Item(id="clip", path=file)
    before = rows.key(item, "made")
    assert rows.key(item, "another") != before
    assert rows.key(replace(item, label="happy"), "made") != before
    assert rows.key(replace(item, words="Hello."), "made") != before
    (tmp_path / "clip.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    with_subtitles = rows.key(item, "made")
    assert with_subtitles != before
    file.write_bytes(b"two")
    assert rows.key(item, "made") != with_subtitles
