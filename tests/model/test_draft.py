"""Folders appear whole, what the killed leave is removed, and a full disk is told as such."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import SafetensorError

from affectlens.foundation.errors import LimitError
from affectlens.model.draft import draft_of, scratch_of

_FULL = Path("/dev/full")
_HOLDS = """
import sys
from pathlib import Path
from affectlens.model.draft import scratch_of
with scratch_of(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def parts(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix == ".part"]


def test_what_a_killed_process_left_is_removed_and_what_one_uses_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        (left,) = parts(tmp_path)
        with scratch_of(tmp_path / "out"), scratch_of(tmp_path / "out"):
            assert len(parts(tmp_path)) == 3
        assert parts(tmp_path) == [left]
        other.kill()
    assert parts(tmp_path) == [left]
    with scratch_of(tmp_path / "another"):
        assert left in parts(tmp_path)
    with scratch_of(tmp_path / "out"):
        assert left not in parts(tmp_path)


def test_a_folder_that_only_looks_like_ours_stays(tmp_path: Path) -> None:
    (tmp_path / ".out.mine.part").mkdir()
    with scratch_of(tmp_path / "out"):
        pass
    assert parts(tmp_path) == [".out.mine.part"]


@pytest.mark.skipif(not _FULL.is_char_device(), reason="this system has no /dev/full")
def test_a_full_disk_is_a_limit_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(LimitError, match="is full"),
        draft_of(tmp_path / "out"),
        _FULL.open("wb", buffering=0) as file,
    ):
        file.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_safetensors_word_for_a_full_disk_is_understood(tmp_path: Path) -> None:
    said = f"Error while serializing: I/O error: No space left on device (os error {errno.ENOSPC})"
    with pytest.raises(LimitError), draft_of(tmp_path / "out"):
        raise SafetensorError(said)
    with pytest.raises(PermissionError), draft_of(tmp_path / "out"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
