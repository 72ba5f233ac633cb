"""Damaged files give what can be decoded and say what is lost; bombs and lies meet a cap."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlens.foundation.errors import LimitError
from affectlens.foundation.missing import Missing
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip

MakeFilm = Callable[..., Any]


def test_a_file_that_is_cut_off_gives_its_beginning_and_a_warning(film: MakeFilm) -> None:
    made = film("whole.mp4", movflags="faststart")
    made.add_pictures([n / 10 for n in range(50)], codec="mpeg4", size=(320, 240))
    whole = made.write().read_bytes()
    cut = made.path.with_name("cut.mp4")
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    clip = open_clip(cut)
    assert not isinstance(clip.video, Missing)
    frames = list(clip.video.frames())
    assert 10 < len(frames) < 45
    assert clip.duration_s < 4.6
    assert "The picture ends at" in clip.warnings[0]


def test_damaged_sound_is_counted(film: MakeFilm) -> None:
    made = film("hurt.m4a")
    made.add_sound(3.0)
    content = bytearray(made.write().read_bytes())
    media = content.index(b"mdat") + 4
    content[media + 2000 : media + 6000] = bytes(4000)
    made.path.write_bytes(content)
    clip = open_clip(made.path)
    assert "audio packets could not be decoded" in clip.warnings[0]
    assert not isinstance(clip.sound, Missing)
    assert clip.sound.duration_s == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize("lie", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_silence_and_counted(
    codec: str, lie: float, film: MakeFilm
) -> None:
    made = film("nan.wav")
    made.add_sound(1.0, codec=codec, rate=16_000)
    content = bytearray(made.write().read_bytes())
    kind = "<f4" if codec == "pcm_f32le" else "<f8"
    place = content.index(b"data") + 8
    content[place + 40_000 : place + 40_008] = np.full(8, lie, kind).tobytes()[:8]
    made.path.write_bytes(content)
    clip = open_clip(made.path)
    assert not isinstance(clip.sound, Missing)
    assert 0.4 < np.abs(clip.sound.read()).max() < 0.6  # FFmpeg alone makes them full scale
    assert clip.sound.duration_s == pytest.approx(1.0, abs=0.07)
    assert "1 of" in clip.warnings[0]


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data do not have."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        ends = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + ends

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_of(60_000, 60_000))
    with pytest.raises(LimitError, match=r"bomb\.png.*pixels"):
        open_clip(bomb)


def test_a_decoder_that_wants_too_much_memory_ends_as_a_limit(film: MakeFilm) -> None:
    made = film("large.png")
    made.add_pictures([0.0], size=(6000, 5000), codec="png", pix_fmt="rgb24")
    path = made.write()
    assert not isinstance(open_clip(path).video, Missing)
    with pytest.raises(LimitError, match="memory"):
        open_clip(path, limits=Limits(memory_bytes=150 * 2**20))


def test_a_file_that_lies_about_its_length_is_measured_or_refused(film: MakeFilm) -> None:
    made = film("liar.mkv")
    made.add_pictures([n / 10 for n in range(20)], codec="mpeg4")
    content = made.write().read_bytes()
    place = content.index(b"\x44\x89\x88") + 3  # Matroska's Duration, a float64 of milliseconds
    for claim_s, name in ((1000.0, "long.mkv"), (1e6, "endless.mkv")):
        lie = content[:place] + struct.pack(">d", 1000 * claim_s) + content[place + 8 :]
        made.path.with_name(name).write_bytes(lie)
    assert open_clip(made.path.with_name("long.mkv")).duration_s == pytest.approx(2.0, abs=0.2)
    with pytest.raises(LimitError, match="says it lasts"):
        open_clip(made.path.with_name("endless.mkv"))


def test_a_film_of_too_many_streams_or_too_long_is_refused(talkie: Path) -> None:
    with pytest.raises(LimitError, match="2 streams"):
        open_clip(talkie, limits=Limits(streams=1))
    with pytest.raises(LimitError, match="at most 1 s"):
        open_clip(talkie, limits=Limits(duration_s=1.0))
