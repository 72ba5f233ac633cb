"""Which files are taken: regular local media, whatever their names; nothing that leads away."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.opening import open_clip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{film}\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "ffconcat version 1.0\nfile '{film}'\n"),
        ("list.mpd", "<?xml version='1.0'?>\n<MPD><BaseURL>{film}</BaseURL></MPD>"),
        ("list.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5000 RTP/AVP 96\n"),
    ],
)
def test_what_points_to_other_files_is_refused(name: str, content: str, talkie: Path) -> None:
    pointer = talkie.with_name(name)
    pointer.write_text(content.format(film=talkie))
    with pytest.raises(InputError, match="points to other files"):
        open_clip(pointer)


def test_a_playlist_that_hides_its_mark_is_refused_by_the_decoder(talkie: Path) -> None:
    hidden = talkie.with_name("list.mp4")
    hidden.write_text(f"# a comment first\nffconcat version 1.0\nfile '{talkie}'\n")
    with pytest.raises(InputError):
        open_clip(hidden)


@pytest.mark.parametrize("address", ["http://localhost/a.mp4", "rtsp://x/y", "concat:/a.mp4|b.mp4"])
def test_addresses_are_refused(address: str) -> None:
    with pytest.raises(InputError, match="only local files"):
        open_clip(Path(address))


@pytest.mark.parametrize(
    "name",
    [
        "a%03d.mp4",
        "concat:a.mp4",
        "http:a.mp4",
        "*.mp4",
        "-i.mp4",
        ".hidden",
        "no suffix",
        "\udcff.mp4",
    ],
)
def test_a_files_name_is_never_taken_for_a_pattern_or_an_address(name: str, talkie: Path) -> None:
    renamed = talkie.rename(talkie.with_name(name))
    assert not isinstance(open_clip(renamed).video, Missing)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.mp4"))
        for name, what in [("pipe.mp4", "pipe"), ("socket.mp4", "socket"), (".", "folder")]:
            with pytest.raises(InputError, match=what):
                open_clip(tmp_path / name)
    with pytest.raises(InputError, match="device"):
        open_clip(Path("/dev/zero"))
    with pytest.raises(InputError, match="No such file"):
        open_clip(tmp_path / "nothing.mp4")


def test_a_film_is_read_also_where_stdin_is_closed(talkie: Path) -> None:
    code = "import sys, affectlens.media.opening as o; print(o.open_clip(sys.argv[1]).duration_s)"
    command = ["sh", "-c", '"$0" -c "$1" "$2" <&-', sys.executable, code, str(talkie)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(2.0, abs=0.1)


def test_a_link_to_a_film_is_the_film(talkie: Path) -> None:
    link = talkie.with_name("link.mp4")
    link.symlink_to(talkie)
    assert open_clip(link).sha256 == open_clip(talkie).sha256


def test_empty_noise_and_headless_files_are_one_clear_error(talkie: Path) -> None:
    contents = {"empty.mp4": b"", "noise.mp4": os.urandom(5000), "cut.mp4": b""}
    contents["cut.mp4"] = talkie.read_bytes()[:2000]  # its index stood at the end
    for name, content in contents.items():
        (talkie.parent / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            open_clip(talkie.parent / name)
