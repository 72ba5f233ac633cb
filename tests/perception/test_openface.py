"""OpenFace 2 tables stand in for our own faces, and a bad one is told with its row and column."""

import math
from pathlib import Path

import numpy as np
import pytest

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.perception.openface import read_openface
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, FaceTrack

SAMPLE = Path(__file__).parents[3] / "shared" / "media" / "OpenFace_Test.csv"
POINTS = [f"{axis}_{i}" for axis in "xy" for i in range(68)]
NAMES = ["frame", "face_id", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz"]
HEAD = [*NAMES, *POINTS, "AU12_r"]


def _row(time_s: float, *, face: int = 0, success: int = 1, smile: str = "1.5") -> list[str]:
    points = [str(100 + i) for i in range(68)] + [str(200 + i / 2) for i in range(68)]
    turns = [str(math.radians(degrees)) for degrees in (10, -20, 5)]
    return ["1", str(face), str(time_s), "0.9", str(success), *turns, *points, smile]


def _write(path: Path, rows: list[list[str]], head: list[str] = HEAD) -> Path:
    path.write_text("\n".join(", ".join(line) for line in [head, *rows]), encoding="utf-8")
    return path


def _read(path: Path, size: tuple[int, int] | None = None) -> tuple[FaceTrack, ...]:
    tracks = read_openface(path, size=size)
    assert not isinstance(tracks, Missing)
    return tracks


def test_each_face_is_a_person_in_order_and_failed_frames_are_left_out(tmp_path: Path) -> None:
    rows = [_row(0.0), _row(0.1, success=0), _row(0.2), _row(0.0, face=1)]
    one, two = _read(_write(tmp_path / "a.csv", rows))
    assert (one.person, two.person) == ("P1", "P2")
    assert one.times_T.tolist() == [0.0, 0.2]
    assert two.times_T.tolist() == [0.0]


def test_a_unit_that_the_file_lacks_is_missing_and_never_zero(tmp_path: Path) -> None:
    (track,) = _read(_write(tmp_path / "a.csv", [_row(0.0)]))
    smile = track.action_units["AU12"]
    assert isinstance(smile, ActionUnit)
    assert smile.intensity_T.tolist() == [1.5]
    assert set(track.action_units) == set(ACTION_UNITS)
    assert isinstance(track.action_units["AU09"], Missing)
    assert isinstance(track.expression, Missing)
    assert dict(track.blendshapes) == {}


def test_head_pose_comes_in_degrees_with_our_signs(tmp_path: Path) -> None:
    (track,) = _read(_write(tmp_path / "a.csv", [_row(0.0)]))
    assert not isinstance(track.pose_T3, Missing)
    assert track.pose_T3[0] == pytest.approx([-10, 20, 5], abs=1e-4)


def test_boxes_are_shares_of_the_picture_whose_size_is_told(tmp_path: Path) -> None:
    (track,) = _read(_write(tmp_path / "a.csv", [_row(0.0)]), size=(1000, 500))
    assert track.boxes_T4[0] == pytest.approx([0.1, 0.4, 0.167, 0.467])


def test_numbers_of_a_frame_without_a_face_do_not_matter(tmp_path: Path) -> None:
    rows = [_row(0.0, success=0, smile="-nan(ind)"), _row(0.1)]
    (track,) = _read(_write(tmp_path / "a.csv", rows))
    assert track.times_T.tolist() == [0.1]


def test_a_table_without_a_single_face_says_so(tmp_path: Path) -> None:
    found = read_openface(_write(tmp_path / "a.csv", [_row(0.0, success=0)]))
    assert isinstance(found, Missing)
    assert "no frame" in found.reason


@pytest.mark.parametrize(("smile", "said"), [("much", "'much'"), ("nan", "'nan'"), ("", "''")])
def test_what_is_no_number_is_named_with_row_and_column(
    tmp_path: Path, smile: str, said: str
) -> None:
    path = _write(tmp_path / "a.csv", [_row(0.0), _row(0.1, smile=smile)])
    with pytest.raises(InputError, match=rf"row 3, column AU12_r: no number but {said}"):
        read_openface(path)


def test_a_row_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", [_row(0.0), _row(0.1)[:20]])
    with pytest.raises(InputError, match="row 3, column x_12"):
        read_openface(path)


def test_another_table_is_refused_with_the_columns_that_it_lacks(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", [["1", "2"]], ["time", "value"])
    with pytest.raises(InputError, match="lacks the columns timestamp, confidence, success"):
        read_openface(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"\x00" * 100])
def test_any_other_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"OpenFace 2 CSV"):
        read_openface(path)


@pytest.mark.shared
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the team's ../shared/media is not here")
def test_a_real_table_of_openface_is_read_whole() -> None:
    (track,) = _read(SAMPLE)
    assert len(track.times_T) == len(track.boxes_T4) == 100
    assert (np.diff(track.times_T) >= 0).all()
    for unit in track.action_units.values():
        assert isinstance(unit, ActionUnit)
        assert ((unit.intensity_T >= 0) & (unit.intensity_T <= 5)).all()
