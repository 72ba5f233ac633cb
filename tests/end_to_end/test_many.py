"""Many files: resumable, nothing lost, nothing twice, one bad file costs one line."""

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

COMMAND = [sys.executable, "-m", "affectlens.cli.app", "analyze", "--model", "rules"]


def _tone(path: Path, number: int) -> None:
    """A quarter of a second of a tone of its own; short, so that fifty take seconds."""
    samples = 8000 * np.sin(2 * np.pi * (200 + 5 * number) * np.arange(4000) / 16000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(50):
        _tone(folder / f"tone{number:02}.wav", number)
    return folder


def _rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_no_file_is_lost_or_done_twice(folder: Path) -> None:
    out = folder.parent / "out.jsonl"
    command = [*COMMAND, str(folder), "-o", str(out), "--offline"]
    for kill_at in (5, 20):
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while run.poll() is None and (not out.exists() or out.read_bytes().count(b"\n") < kill_at):
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        with out.open("ab") as file:  # what a kill in the middle of a write leaves
            file.write(b'{"schema": "affectlens.analysis/1", "inp')
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    paths = [row["input"]["path"] for row in _rows(out)]  # type: ignore[index]
    assert sorted(paths) == sorted(str(p) for p in folder.iterdir())
    assert "already there" in done.stderr
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "0 analyzed now, 50 already there" in again.stderr


def test_one_bad_file_costs_one_line_and_exit_code_three(tmp_path: Path) -> None:
    _tone(tmp_path / "good.wav", 1)
    (tmp_path / "bad.mp4").write_bytes(b"not a video at all" * 100)
    out = tmp_path / "out.jsonl"
    files = [str(tmp_path / "good.wav"), str(tmp_path / "bad.mp4")]
    command = [*COMMAND, *files, "-o", str(out), "--offline"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert str(out) in done.stderr
    rows = {Path(row["input"]["path"]).name: row for row in _rows(out)}  # type: ignore[index]
    assert "error" in rows["bad.mp4"]
    assert "error" not in rows["good.wav"]


def test_a_failed_file_is_tried_again_only_when_asked(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a video at all" * 100)
    out = tmp_path / "out.jsonl"
    for extra, lines in (([], 1), ([], 1), (["--retry-failed"], 2)):
        subprocess.run(
            [*COMMAND, str(bad), "-o", str(out), "--offline", *extra],
            capture_output=True,
            check=False,
        )
        assert len(_rows(out)) == lines


def test_json_of_many_files_is_one_array(tmp_path: Path) -> None:
    for number in range(2):
        _tone(tmp_path / f"{number}.wav", number)
    command = [*COMMAND, str(tmp_path), "--format", "json", "--offline"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [Path(one["input"]["path"]).name for one in json.loads(done.stdout)] == [
        "0.wav",
        "1.wav",
    ]


def test_two_runs_on_one_file_of_results_do_nothing_twice(tmp_path: Path) -> None:
    for number in range(3):
        _tone(tmp_path / f"{number}.wav", number)
    out = tmp_path / "out.jsonl"
    command = [*COMMAND, str(tmp_path), "-o", str(out), "--offline"]
    runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert len(_rows(out)) == 3


SUBTITLES = "1\n00:00:00,000 --> 00:00:00,200\n{}\n"


def test_subtitles_that_changed_are_a_reason_to_analyze_again(tmp_path: Path) -> None:
    _tone(tmp_path / "talk.wav", 1)
    out = tmp_path / "out.jsonl"
    beside = tmp_path / "talk.srt"
    command = [*COMMAND, str(tmp_path / "talk.wav"), "-o", str(out), "--offline"]
    for words, rows in (("I am so happy.", 1), ("I am so happy.", 1), ("I am so sad.", 2)):
        beside.write_text(SUBTITLES.format(words), encoding="utf-8")
        subprocess.run(command, capture_output=True, check=True)
        assert len(_rows(out)) == rows
        assert _rows(out)[-1]["transcript"][0]["text"] == words  # type: ignore[index]


def test_one_input_may_be_kept_with_its_own_subtitles(tmp_path: Path) -> None:
    _tone(tmp_path / "talk.wav", 1)
    words = tmp_path / "words.srt"
    words.write_text(SUBTITLES.format("I am so happy."), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    command = [*COMMAND, str(tmp_path / "talk.wav"), "-o", str(out), "--subtitles", str(words)]
    subprocess.run([*command, "--offline"], capture_output=True, check=True)
    (row,) = _rows(out)
    assert row["transcript"][0]["text"] == "I am so happy."  # type: ignore[index]


def test_results_with_a_torn_last_line_can_be_exported_into_a_folder(tmp_path: Path) -> None:
    _tone(tmp_path / "talk.wav", 1)
    out, folder = tmp_path / "out.jsonl", tmp_path / "made"
    subprocess.run(
        [*COMMAND, str(tmp_path / "talk.wav"), "-o", str(out), "--offline"],
        capture_output=True,
        check=True,
    )
    with out.open("ab") as file:
        file.write(b'{"schema": "affectlens.analysis/1", "inp')
    export = [*COMMAND[:3], "export", str(out), "--format", "csv", "-o", f"{folder}/"]
    subprocess.run(export, capture_output=True, check=True)
    assert [path.name for path in folder.iterdir()] == ["talk.wav.csv"]


def test_a_run_in_which_all_failed_before_says_why_again(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a video at all" * 100)
    command = [*COMMAND, str(bad), "-o", str(tmp_path / "out.jsonl"), "--offline"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 4
        assert "bad.mp4" in done.stderr.split("None of the files")[0]
