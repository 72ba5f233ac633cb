"""The manifest tells whether a data set is as it was written."""

import json
from pathlib import Path

import pytest

from affectlens.annotation import sealing
from affectlens.annotation.folder import DataFolder
from affectlens.foundation.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Sealed, with one format."""
    for name in ("annotations.jsonl", "failures.jsonl", "merr/a.json", "parquet/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = DataFolder(tmp_path)
    sealing.seal(found, {"kept": 1}, ["merr"])
    return found


def test_what_was_sealed_is_whole_whatever_lies_beside_it(folder: DataFolder) -> None:
    said = sealing.manifest(folder)
    assert said is not None
    assert list(said["files"]) == ["annotations.jsonl", "merr/a.json"]
    (folder.path / "notes.txt").write_text("mine")
    (folder.path / "parquet/b").write_text("of an export")
    assert sealing.is_whole(folder)


def test_a_change_is_told(folder: DataFolder) -> None:
    (folder.path / "merr/a.json").write_text("other")
    (folder.path / "merr/new.json").write_text("new")
    folder.annotations.unlink()
    assert list(sealing.changed(folder)) == [
        "annotations.jsonl is gone",
        "merr/a.json is not what was written",
        "merr/new.json was not there",
    ]
    assert not sealing.is_whole(folder)


@pytest.mark.parametrize("damage", ["", "{", "[]", "flipped", "no files"])
def test_a_damaged_manifest_is_none(damage: str, folder: DataFolder) -> None:
    text = folder.manifest.read_text()
    if damage == "flipped":
        damage = text.replace("merr/a.json", "merr/b.json")
    elif damage == "no files":
        damage = json.dumps({**json.loads(text), "files": 3})
    folder.manifest.write_text(damage)
    assert sealing.manifest(folder) is None
    with pytest.raises(InputError, match="no manifest"):
        list(sealing.changed(folder))
