"""Temperatures by what is shown, as they lie in a model's folder."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from affectlens.foundation.errors import InputError
from affectlens.model import calibration
from affectlens.model.calibration import Calibration, Fit, key_of


def fits(**temperatures: float) -> dict[str, Fit]:
    """Named with "_" for "+"; "rest" is for all that has none."""
    named = {name.replace("_", "+"): value for name, value in temperatures.items()}
    return {
        "" if name == "rest" else name: Fit(temperature=value, clips=40)
        for name, value in named.items()
    }


MADE = Calibration(
    space="dfew7",
    fits=fits(rest=3.0, face=1.5, sound=2.0, sound_subtitle=1.8, dynamics_face_sound=1.2),
    threshold=0.4,
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    with_numbers = replace(
        MADE, fits={"": Fit(temperature=0.7, clips=31, accuracy=0.5, ece=0.01, ece_before=0.3)}
    )
    for made in (MADE, with_numbers):
        calibration.write(tmp_path, made)
        assert calibration.read(tmp_path) == made


def test_a_model_without_calibration_has_none(tmp_path: Path) -> None:
    assert calibration.read(tmp_path) is None


@pytest.mark.parametrize(
    ("present", "subtitle", "temperature"),
    [
        (("sound",), True, 1.8),
        (("sound",), False, 2.0),
        (("sound", "face", "dynamics"), False, 1.2),
        (("face", "sound", "dynamics"), True, 1.2),  # its own is not there: the largest part of it
        (("face", "sound"), False, 2.0),  # of two parts the one that is less sure
        (("dynamics",), False, 3.0),
        ((), True, 3.0),
        ((), False, 3.0),
    ],
)
def test_the_nearest_set_decides(
    present: tuple[str, ...], subtitle: bool, temperature: float
) -> None:
    assert MADE.temperature(present, subtitle=subtitle) == temperature


def test_a_larger_set_says_nothing_of_a_smaller_one() -> None:
    made = Calibration(space="dfew7", fits=fits(face_sound=4.0))
    assert made.temperature({"face"}, subtitle=False) == 1.0


def test_keys_have_streams_sorted_and_words_last() -> None:
    assert key_of({"sound", "face"}, subtitle=True) == "face+sound+subtitle"
    assert key_of((), subtitle=True) == "subtitle"
    assert key_of((), subtitle=False) == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "affectlens.calibration/2"}, "is of 'affectlens.calibration/2', wanted"),
        ({"sets": {"": {"temperature": 0.0, "clips": 3}}}, "above 0, got 0"),
        ({"sets": {"": {"temperature": "hot", "clips": 3}}}, "TypeError"),
        ({"sets": {"": {"clips": 3}}}, "temperature"),
        ({"sets": None}, "AttributeError"),
        ({"threshold": 4}, "0 to 1, got 4"),
    ],
)
def test_damage_is_told_and_not_taken_for_no_calibration(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    calibration.write(tmp_path, MADE)
    file = tmp_path / calibration.FILE
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(InputError, match="is no calibration of a model") as error:
        calibration.read(tmp_path)
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": ', "\udcff"])
def test_files_that_are_no_json_of_ours_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / calibration.FILE).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match="Copy the model's folder again"):
        calibration.read(tmp_path)
