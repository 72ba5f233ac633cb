"""What a pose promises: the viewer's picture from every EXIF orientation and display matrix."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from affectlens.foundation.missing import Missing
from affectlens.media.opening import open_clip
from affectlens.media.pose import UPRIGHT, exif_orientation, from_matrix
from affectlens.media.video import upright

UPRIGHT_HWC = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
# What a camera stores for each orientation, by EXIF's words: row 0 is the side named first.
STORED = {
    1: UPRIGHT_HWC,
    2: UPRIGHT_HWC[:, ::-1],
    3: UPRIGHT_HWC[::-1, ::-1],
    4: UPRIGHT_HWC[::-1],
    5: UPRIGHT_HWC.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT_HWC, 1),
    7: np.rot90(UPRIGHT_HWC, 1)[:, ::-1],
    8: np.rot90(UPRIGHT_HWC, -1),
}


def jpeg(orientation: int, path: Path) -> Path:
    """A JPEG that is white in the upper left quarter once it stands upright."""
    shown_HWC = np.zeros((32, 48, 3), np.uint8)
    shown_HWC[:16, :24] = 255
    turns = {6: 1, 8: -1, 3: 2}
    stored_HWC = shown_HWC[:, ::-1] if orientation == 2 else shown_HWC
    stored_HWC = np.rot90(stored_HWC, turns.get(orientation, 0))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored_HWC))
    frame = frame.reformat(format="yuvj420p")
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    picture = bytes(context.encode(frame)[0])
    tag = struct.pack(">4sI HHHIHH I", b"MM\0*", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    block = b"Exif\0\0" + tag
    path.write_bytes(
        picture[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + picture[2:]
    )
    return path


@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 8])
def test_a_photo_stands_upright_whatever_its_exif_orientation(
    orientation: int, tmp_path: Path
) -> None:
    video = open_clip(jpeg(orientation, tmp_path / "a.jpg")).video
    assert not isinstance(video, Missing)
    (frame,) = video.at([0.0])
    assert frame.rgb_HWC.shape == (32, 48, 3) == (video.height, video.width, 3)
    assert frame.rgb_HWC[4, 4].min() > 200
    assert frame.rgb_HWC[28, 44].max() < 50
    assert frame.rgb_HWC[4, 44].max() < 50


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_pose_turns_what_is_stored_upright(orientation: int) -> None:
    from affectlens.media.pose import _EXIF

    stored_HWC = np.ascontiguousarray(STORED[orientation])
    assert np.array_equal(upright(stored_HWC, _EXIF[orientation]), UPRIGHT_HWC)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_display_matrix_turns_like_a_phone_says(degrees: int) -> None:
    cosine, sine = round(np.cos(np.radians(degrees))), round(np.sin(np.radians(degrees)))
    one = 1 << 16
    matrix = struct.pack(
        "=9i", one * cosine, one * sine, 0, -one * sine, one * cosine, 0, 0, 0, 1 << 30
    )
    shown_HWC = upright(UPRIGHT_HWC, from_matrix(matrix))
    assert np.array_equal(shown_HWC, np.rot90(UPRIGHT_HWC, -degrees // 90))  # clockwise


@pytest.mark.parametrize(
    "block", [b"", b"MM", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_a_damaged_exif_block_says_nothing(block: bytes) -> None:
    assert exif_orientation(b"\xff\xd8\xff\xe1\0\0Exif\0\0" + block) is None
    assert exif_orientation(b"\x89PNG" + block) is None


def test_an_ordinary_film_is_not_turned(talkie: Path, film: Callable[..., object]) -> None:
    video = open_clip(talkie).video
    assert not isinstance(video, Missing)
    assert UPRIGHT == (False, False, False)
    assert next(video.frames()).rgb_HWC[10, 10].min() > 200
