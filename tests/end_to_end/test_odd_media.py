"""Odd media through the command line: the right answer or one clear line, never a traceback."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
ANALYZE = [sys.executable, "-m", "affectlens.cli.app", "analyze", "--model", "rules", "--offline"]
TOOL = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y"]
# What ffmpeg makes of the clip, and which of video and sound the analysis must then have.
MADE: Mapping[str, tuple[str, bool, bool]] = {
    "vfr.mp4": (r"-vf select=not(mod(n\,3))+lt(n\,10) -vsync vfr", True, True),
    "turned.mp4": ("-vf transpose=1", True, True),
    "mute.mp4": ("-an -c:v copy", True, False),
    "voice.m4a": ("-vn -c:a copy", False, True),
    "telephone.wav": ("-vn -ar 8000 -c:a pcm_mulaw", False, True),
    "studio.wav": ("-vn -ar 96000 -c:a pcm_s24le", False, True),
    "surround.mkv": ("-c:v copy -c:a aac -ac 6", True, True),
    "wide444.mkv": ("-vf scale=101:77 -pix_fmt yuv444p -c:v libx264", True, True),
    "ten_bit.mp4": ("-pix_fmt yuv420p10le -c:v libx264", True, True),
    "old.avi": ("-c:v mpeg4 -c:a mp3", True, True),
    "first.gif": ("-t 0.5", True, False),
    "grey16.png": ("-frames:v 1 -pix_fmt gray16be", True, False),
    "glass.png": ("-frames:v 1 -pix_fmt rgba", True, False),
    "two_frames.mp4": ("-an -frames:v 2", True, False),
    "one_pixel.mkv": ("-an -vf scale=1:1 -pix_fmt rgb24 -c:v ffv1", True, False),
    "short.wav": ("-vn -t 0.05", False, True),
    "long_sound.mp4": ("-c:v copy -c:a aac -af apad=pad_dur=1", True, True),
    "broadcast.ts": ("-c copy -f mpegts -output_ts_offset 95000", True, True),
    "untimed.mkv": (
        "-c copy -output_ts_offset -5 -avoid_negative_ts disabled",
        True,
        True,
    ),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg to make odd files"),
]


@dataclass(frozen=True)
class Run:
    """One run over all odd files."""

    done: subprocess.CompletedProcess[str]
    rows: Mapping[str, dict[str, object]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The rows of all odd files by name, from one run of the command."""
    folder = tmp_path_factory.mktemp("odd")
    for name, (options, _, _) in MADE.items():
        command = [*TOOL, "-i", str(CLIP), *options.split(), str(folder / name)]
        subprocess.run(command, check=True, capture_output=True)
    (folder / "cut.mp4").write_bytes(CLIP.read_bytes()[:1000])
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 20)
    out = folder / "rows.jsonl"
    done = subprocess.run(
        [*ANALYZE, str(folder), "-o", str(out)], capture_output=True, text=True, check=False
    )
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return Run(done, {Path(row["input"]["path"]).name: row for row in rows})


@pytest.mark.parametrize("name", MADE)
def test_an_odd_file_is_analyzed_with_the_streams_it_has(name: str, run: Run) -> None:
    row = run.rows[name]
    assert "error" not in row, row
    _, video, sound = MADE[name]
    streams = row["input"]["streams"]  # type: ignore[index]
    assert (streams["video"], streams["sound"]) == (video, sound)


@pytest.mark.parametrize("name", ["vfr.mp4", "surround.mkv", "ten_bit.mp4", "mute.mp4", "old.avi"])
def test_the_face_is_found_whatever_the_file_is_packed_in(name: str, run: Run) -> None:
    people = run.rows[name]["people"]
    assert isinstance(people, list)
    assert [person["id"] for person in people] == ["P1"]


@pytest.mark.parametrize("name", ["cut.mp4", "empty.mp4", "noise.mp4"])
def test_a_hopeless_file_is_one_clear_error(name: str, run: Run) -> None:
    assert run.rows[name]["exit_code"] == 4
    assert name in str(run.rows[name]["error"])


def test_the_run_ends_with_partial_success_and_no_library_makes_noise(run: Run) -> None:
    assert run.done.returncode == 3
    for noise in ("Traceback", "Warning", "libav", "INFO", "[h264", "TensorFlow"):
        assert noise not in run.done.stderr
