"""Checksums of data are those that anybody's shell makes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from affectlens.foundation.hashing import sha256_of
from affectlens.training import data_hashes
from affectlens.training.data_hashes import contents


def folder(path: Path) -> Path:
    for name in ("b.csv", "a b/ü.wav", "a/z", "A", "a.x"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name, "utf-8")
    return path


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not here")
def test_it_is_the_checksum_of_the_command_that_it_names(tmp_path: Path) -> None:
    found = contents(folder(tmp_path))
    made = subprocess.run(
        ["bash", "-c", str(found["of"])], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found["sha256"] == made.stdout.split()[0]
    assert found["files"] == 5


def test_a_file_has_its_own(tmp_path: Path) -> None:
    path = folder(tmp_path) / "A"
    assert contents(path)["sha256"] == sha256_of(path)


@pytest.mark.parametrize("most", [data_hashes.MOST, 3])
def test_a_change_shows_where_nothing_is_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(data_hashes, "MOST", most)
    before = contents(folder(tmp_path))
    assert contents(tmp_path) == before
    (tmp_path / "a" / "z").write_text("longer", "utf-8")
    changed = contents(tmp_path)
    assert changed["sha256"] != before["sha256"]
    (tmp_path / "a" / "z").rename(tmp_path / "a" / "y")
    assert contents(tmp_path)["sha256"] != changed["sha256"]
