"""Files and command lines that mean harm or make no sense: one clear line, and nothing broken."""

import json
import os
import random
import stat
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.missing import Missing
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip

AFFECTLENS = [sys.executable, "-m", "affectlens.cli.app"]
SHORT = Limits(wall_s=15, silence_s=8, memory_bytes=700 * 2**20, duration_s=600)
LIES = (b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4), b"\x80\0\0\0", b"\xff\xff\xff\x7f")
Done = subprocess.CompletedProcess[str]


def affectlens(*arguments: str | Path) -> Done:
    """Run the command to its end; what is analyzed is read by the rules."""
    rules = ("--model", "rules") if arguments[0] == "analyze" else ()
    return subprocess.run(
        [*AFFECTLENS, *arguments, *rules], capture_output=True, text=True, check=False, timeout=60
    )


def refused(done: Done, code: int) -> str:
    """The one line that a refused command says."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def beep(tmp_path: Path) -> Path:
    """A quarter of a second of a tone: the cheapest input."""
    path = tmp_path / "beep.wav"
    samples = 8000 * np.sin(2 * np.pi * 440 * np.arange(4000) / 16000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def film(path: Path) -> bytes:
    """A few coloured frames, or one for a picture."""
    codec, pix_fmt = {
        ".mp4": ("libx264", "yuv420p"),
        ".mkv": ("mpeg4", "yuv420p"),
        ".gif": ("gif", "rgb8"),
        ".png": ("png", "rgb24"),
        ".jpg": ("mjpeg", "yuvj420p"),
    }[path.suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        for n in range(1 if path.suffix in (".png", ".jpg") else 8):
            pixels_HWC = np.random.default_rng(n).integers(0, 255, (48, 64, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels_HWC).reformat(format=pix_fmt)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def spoiled(content: bytes, chance: random.Random) -> bytes:
    """The same with bits flipped, a part lost or repeated, the end cut off or lies in its head."""
    spoil = bytearray(content)
    place, length = chance.randrange(len(spoil)), chance.randrange(1, 500)
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice([1, 5, 50])):
                spoil[chance.randrange(len(spoil))] ^= 1 << chance.randrange(8)
        case 1:
            del spoil[max(1, place) :]
        case 2:
            del spoil[place : place + length]
        case 3:
            spoil[place:place] = spoil[place : place + length] * 20
        case 4:
            place = chance.randrange(min(len(spoil) - 4, 1500))
            spoil[place : place + 4] = chance.choice(LIES)
    return bytes(spoil)


def trouble_with(path: Path) -> str:
    """Open a file and take every frame and all sound; gives the error's words, if any."""
    try:
        clip = open_clip(path, limits=SHORT)
        if not isinstance(clip.video, Missing):
            assert all(frame.rgb_HWC.shape[2] == 3 for frame in clip.video.frames(max_side=64))
    except AffectlensError as error:
        return str(error)
    if not isinstance(clip.sound, Missing):
        assert (np.abs(clip.sound.read()) <= 1).all()  # false for NaN too
    return ""


def open_files() -> int:
    """How many descriptors this process has."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif", ".png", ".jpg", ".wav", ".srt"])
def test_a_spoiled_file_is_a_clip_or_one_clear_error(
    suffix: str, tmp_path: Path, beep: Path
) -> None:
    if suffix == ".srt":
        content = b"1\n00:00:00,500 --> 00:00:01,500\n<i>Hello</i> there\n" * 9
    else:
        content = beep.read_bytes() if suffix == ".wav" else film(tmp_path / f"whole{suffix}")
    before = open_files()
    for number in range(30):
        path = tmp_path / f"spoiled{number}{suffix}"
        path.write_bytes(spoiled(content, random.Random(f"{suffix}{number}")))  # noqa: S311
        said = trouble_with(path)
        assert not said or path.name in said
        assert "fault of the program" not in said
    assert open_files() <= before


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("nothing.mp4", lambda path: None, "No such file"),
        ("x" * 300, lambda path: None, "too long"),
        ("pipe.mp4", os.mkfifo, "pipe"),
        ("empty", Path.mkdir, "No media"),
        ("me.mp4", lambda path: path.symlink_to(path), "symbolic links"),
        ("list.m3u8", lambda path: path.write_text("#EXTM3U\nhttp://x/a.ts\n"), "playlist"),
    ],
)
def test_what_is_no_media_file_is_refused_in_one_line(
    name: str, make: Callable[[Path], object], says: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert says in refused(affectlens("analyze", tmp_path / name, "--offline"), 4)


def test_a_name_that_is_no_text_is_kept_and_resumed(tmp_path: Path, beep: Path) -> None:
    odd = beep.rename(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe [red]\n.wav"))
    out = tmp_path / "out.jsonl"
    command: list[str | Path] = ["analyze", odd, "-o", out, "--offline"]
    assert affectlens(*command).returncode == 0
    assert "1 already there" in affectlens(*command).stderr
    (row,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert row["input"]["path"] == str(odd)


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_a_target_that_cannot_be_written_is_refused_before_the_work(
    option: str, tmp_path: Path, beep: Path
) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path, tmp_path / "file" / "below"):
        assert str(tmp_path) in refused(affectlens("analyze", beep, "--offline", option, target), 2)


@pytest.mark.parametrize(
    "content", [b'{"schema":"other/1"}\n', b'{"schema":"affectlens.analysis/1"}\n', b"\x89PNG\n"]
)
def test_results_of_another_tool_are_never_added_to(
    content: bytes, tmp_path: Path, beep: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(content)
    refused(affectlens("analyze", beep, "-o", out, "--offline"), 4)
    assert out.read_bytes() == content


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_a_device_is_written_to_and_never_replaced(tmp_path: Path, beep: Path) -> None:
    kept = tmp_path / "one.json"
    kept.write_text(affectlens("analyze", beep, "--format", "json", "--offline").stdout)
    export: list[str | Path] = ["export", kept, "--format", "csv", "-o"]
    assert "space" in refused(affectlens(*export, "/dev/full"), 6)
    assert affectlens(*export, "/dev/stdout").stdout.startswith("file,")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    assert Path("/dev/stdout").is_symlink()
    assert "file" in refused(affectlens("analyze", beep, "-o", "/dev/full", "--offline"), 2)


def test_inputs_of_one_name_do_not_overwrite_each_others_reports(
    tmp_path: Path, beep: Path
) -> None:
    twin = tmp_path / "b" / beep.name
    twin.parent.mkdir()
    twin.write_bytes(beep.read_bytes())
    reports = tmp_path / "reports"
    done = affectlens("analyze", beep, twin, "--report", reports, "--offline", "--format", "json")
    assert sorted(p.name for p in reports.iterdir()) == ["beep.wav-2.html", "beep.wav.html"]
    assert len(json.loads(done.stdout)) == 2
    kept = tmp_path / "many.json"
    kept.write_text(done.stdout)
    assert affectlens("export", kept, "--format", "csv", "-o", tmp_path / "csv").returncode == 0
    assert len(list((tmp_path / "csv").iterdir())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("redirection", "code"),
    [(">&-", 0), (">&- 2>&- <&-", 0), ("| true; exit ${PIPESTATUS[0]}", 141)],
)
def test_closed_streams_and_readers_that_leave_are_no_error(
    redirection: str, code: int, beep: Path
) -> None:
    line = f'"$0" -m affectlens.cli.app analyze "$1" --offline --format json {redirection}'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, beep], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_a_report_over_the_wrong_media_says_so(tmp_path: Path, beep: Path) -> None:
    kept = tmp_path / "one.json"
    kept.write_text(affectlens("analyze", beep, "--format", "json", "--offline").stdout)
    film(tmp_path / "other.mp4")
    done = affectlens("report", kept, "-o", tmp_path / "r.html", "--media", tmp_path / "other.mp4")
    assert "not the file that was analyzed" in done.stderr
