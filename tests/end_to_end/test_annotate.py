"""The MERR factory as people run it: resumable, nothing lost, the same data set in the end."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlens import annotation

COMMAND = [sys.executable, "-m", "affectlens.cli.app", "annotate", "--offline"]
FILES = 12


def _tone(path: Path, number: int) -> None:
    """A quarter of a second of a tone of its own."""
    samples = 8000 * np.sin(2 * np.pi * (200 + 25 * number) * np.arange(4000) / 16000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sounds with labels in a manifest, and a file that is no medium."""
    folder = tmp_path / "in"
    folder.mkdir()
    labels = ("happy", "sad", "angry", "neutral")
    rows = ["id,path,label,subtitle,speaker"]
    for number in range(FILES):
        _tone(folder / f"tone{number:02}.wav", number)
        rows.append(
            f"c{number:02},tone{number:02}.wav,{labels[number % 4]},Words {number}.,s{number % 5}"
        )
    (folder / "broken.mp4").write_bytes(b"not a video at all" * 100)
    rows.append("broken,broken.mp4,happy,Nothing.,s1")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    return folder


def _command(folder: Path, out: Path, *more: str) -> list[str]:
    return [*COMMAND, str(folder / "clips.csv"), "--corpus", "manifest", "-o", str(out), *more]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_file_is_kept_rejected_with_a_reason_or_failed_with_one(folder: Path) -> None:
    out = folder.parent / "out"
    done = _run(_command(folder, out))
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    kept, rejected = _lines(out / "annotations.jsonl"), _lines(out / "rejected.jsonl")
    failed = _lines(out / "failures.jsonl")
    assert len(kept) + len(rejected) + len(failed) == FILES + 1
    assert all(row["rejected"] and not any(map(str.isspace, row["id"])) for row in rejected)
    assert [row["id"] for row in failed] == ["broken"]
    assert "broken.mp4" in failed[0]["error"]
    again = _run(_command(folder, out))
    assert again.returncode == 3
    assert f"0 annotated now, {FILES + 1} already there" in again.stderr
    assert (out / "card.html").is_file()
    assert "affectlens" in (out / "README.md").read_text()


# What says what it is, tells who made the rest, or is made of the rest for other tools.
_NO_MAKER = {
    *("schema", "id", "provenance", "recipe_sha256", "rejected"),
    *("messages", "videos", "audios", "images", "ov_labels"),
}


def test_every_field_tells_who_made_it_and_nothing_tells_of_the_machine(folder: Path) -> None:
    out = folder.parent / "out"
    _run(_command(folder, out))
    rows = [*_lines(out / "annotations.jsonl"), *_lines(out / "rejected.jsonl")]
    assert rows
    for row in rows:
        there = {
            name
            for name, value in row.items()
            if not (isinstance(value, dict) and value.keys() == {"missing"})
        }
        assert there - row["provenance"].keys() <= _NO_MAKER
        assert row["source"]["sha256"]
        assert row["recipe_sha256"]
    prompts = folder / "own.toml"
    shipped = Path(annotation.__file__).parent / "prompts" / "merr.toml"
    prompts.write_bytes(shipped.read_bytes())
    _run(_command(folder, out, "--set", f"prompts={prompts}"))
    shared = [path for path in out.rglob("*") if path.is_file() and "work" not in path.parts]
    for path in shared:
        if path.name != "failures.jsonl":
            assert str(folder.parent).encode() not in path.read_bytes(), path


def _reached(out: Path, chance: random.Random) -> Callable[[], bool]:
    """A moment of a run: so many rows more than now, or one of the files that finish it."""
    ledger = out / "work" / "ledger.jsonl"

    def rows() -> int:
        return ledger.read_bytes().count(b"\n") if ledger.exists() else 0

    if chance.random() < 2 / 3:
        wanted = rows() + chance.randint(1, 4)
        return lambda: rows() >= wanted
    names = ("annotations.jsonl", "rejected.jsonl", "recipe.json", "merr", "ms_swift", "README.md")
    path = out / chance.choice(names)
    before = path.stat().st_mtime_ns if path.exists() else 0
    return lambda: path.exists() and path.stat().st_mtime_ns != before


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_data_set_of_an_unbroken_run(
    folder: Path,
) -> None:
    """AFFECTLENS_KILLS=20 kills it as often as the issue asks; a few are enough each day."""
    whole, out = folder.parent / "whole", folder.parent / "killed"
    assert _run(_command(folder, whole)).returncode == 3
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    kills, wanted = 0, int(os.environ.get("AFFECTLENS_KILLS", "4"))
    while kills < wanted:
        reached = _reached(out, chance)
        run = subprocess.Popen(
            _command(folder, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while run.poll() is None and not reached():
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        if run.poll() is None:
            os.kill(run.pid, signal.SIGKILL)
            kills += 1
        else:  # it came to its end: from the beginning once more
            shutil.rmtree(out)
        run.wait()
    assert _run(_command(folder, out)).returncode == 3
    assert _manifest(out)["files"] == _manifest(whole)["files"]
    assert _manifest(out)["dataset_sha256"] == _manifest(whole)["dataset_sha256"]


@pytest.mark.slow
def test_engines_and_workers_make_the_same_data_set(folder: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    ways = [["--workers", "1"], ["--workers", "2"], ["--engine", "ray", "--workers", "2"]]
    sums = []
    for number, way in enumerate(ways):
        out = folder.parent / f"way{number}"
        done = _run(_command(folder, out, *way))
        assert done.returncode == 3, done.stderr
        sums.append(_manifest(out)["dataset_sha256"])
    assert len(set(sums)) == 1


def test_another_recipe_uses_what_was_seen_and_makes_another_data_set(folder: Path) -> None:
    out = folder.parent / "out"
    _run(_command(folder, out))
    first = _manifest(out)["dataset_sha256"]
    blobs = sorted((out / "work" / "percepts").rglob("*.bin"))
    stamps = [path.stat().st_mtime_ns for path in blobs]
    assert len(blobs) == FILES
    _run(_command(folder, out, "--set", "checks.shortest=1"))
    assert [path.stat().st_mtime_ns for path in blobs] == stamps
    assert _manifest(out)["dataset_sha256"] != first
    _run(_command(folder, out))
    assert _manifest(out)["dataset_sha256"] == first


def test_a_full_disk_costs_a_row_and_nothing_that_was_made(folder: Path) -> None:
    place = folder.parent / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        (place / "filler").write_bytes(bytes(2**18))
        out = place / "out"
        done = _run(_command(folder, out))
        assert done.returncode == 3, done.stderr
        assert "disk is full" in done.stderr
        assert "Traceback" not in done.stderr
        rows = _lines(out / "work" / "ledger.jsonl")
        assert any(row.get("disk_full") for row in rows)
        subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
        after = _run(_command(folder, out, "--retry-failed"))
        assert after.returncode == 3, after.stderr
        whole = folder.parent / "whole"
        _run(_command(folder, whole))
        assert _manifest(out)["dataset_sha256"] == _manifest(whole)["dataset_sha256"]
    finally:
        subprocess.run(["umount", str(place)], check=False)
