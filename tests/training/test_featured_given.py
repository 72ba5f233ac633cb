"""Promises of features that people bring: the field's layout, and nothing taken for granted."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.training.toys import PICTURE, SOUND, item, recipe, system

from affectlens.analyzer import featuring
from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.foundation.records import Ledger
from affectlens.model.declaration import Stream
from affectlens.training.featured import featured, lacking, make


def place(folder: Path, name: str, shape: tuple[int, ...], value: float = 1.0) -> None:
    """A file of features."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.full(shape, value, np.float32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place(tmp_path, "seen/x.npy", (8,))
    place(tmp_path, "heard/x.npy", (3, 12))
    return tmp_path


@pytest.mark.parametrize("shape", [(8,), (1, 8), (4, 8), (1, 4, 8)])
def test_every_published_shape_is_read(folder: Path, shape: tuple[int, ...]) -> None:
    place(folder, "seen/x.npy", shape, 2.0)
    found = featured(recipe(str(folder)), system(), folder).features_of("a", item("x"))["seen"]
    assert not isinstance(found, Missing)
    assert isinstance(found[0], Features)
    assert np.array_equal(found[0].values_TD, np.full((int(np.prod(shape)) // 8, 8), 2.0))


def test_a_clip_is_found_by_its_id_or_by_its_file(folder: Path) -> None:
    given = featured(recipe(str(folder)), system(), folder)
    for own in (item("x"), item("other", folder / "x.mp4")):
        assert given.has("a", own)
        assert not isinstance(given.features_of("a", own)["heard"], Missing)
    assert not given.has("a", item("nobody"))
    assert not given.has("a", item("../seen/x", folder / "z.mp4"))


def test_what_has_no_file_is_missing_with_a_reason_never_zeros(folder: Path) -> None:
    (folder / "heard/x.npy").unlink()
    given = featured(recipe(str(folder)), system(), folder)
    found = given.features_of("a", item("x"))
    assert isinstance(found["heard"], Missing)
    assert "heard/x.npy" in found["heard"].reason
    assert not isinstance(found["seen"], Missing)


def test_the_reason_is_that_of_the_ledger(folder: Path) -> None:
    ledger = Ledger(folder / featuring.LEDGER, featuring.SCHEMA, ("affectlens.failure/1",))
    ledger.append({"input": {"path": "in/y.mp4"}, "missing": {"heard": "it has no sound"}})
    failed = {"schema": "affectlens.failure/1", "input": {"path": "z.mp4"}, "error": "is no film"}
    ledger.append(failed)
    given = featured(recipe(str(folder)), system(), folder)
    assert given.features_of("a", item("y"))["heard"] == Missing("it has no sound")
    assert given.features_of("a", item("z"))["seen"] == Missing("is no film")


def test_features_of_another_encoder_are_refused(folder: Path) -> None:
    given = featured(recipe(str(folder)), system(), folder)
    place(folder, "seen/x.npy", (9,))
    with pytest.raises(InputError, match=r"x: .*found \(9,\)"):
        given.features_of("a", item("x"))


def test_what_is_no_number_is_refused(folder: Path) -> None:
    place(folder, "seen/x.npy", (8,), float("nan"))
    given = featured(recipe(str(folder)), system(), folder)
    with pytest.raises(InputError, match="not finite"):
        given.features_of("a", item("x"))


def test_given_features_need_neither_media_nor_encoders(folder: Path) -> None:
    given = featured(recipe(str(folder)), system(), folder / "kept")
    assert not any(given.kinds.values())
    assert make({"a": [item("x")]}, {"a": [0]}, given).done == 0
    assert not (folder / "kept").exists()


def test_a_stream_that_was_not_given_is_made(folder: Path) -> None:
    (folder / "heard/x.npy").unlink()
    (folder / "heard").rmdir()
    given = featured(recipe(str(folder)), system(), folder / "kept")
    assert {name for own in given.kinds.values() for name in own} == {"heard"}
    assert given.features_of("a", item("x", Missing("gone")))["heard"] == Missing("gone")


def test_a_folder_of_nothing_that_is_wanted_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError, match="seen, heard"):
            featured(recipe(str(folder)), system(), tmp_path)


def test_what_our_own_verb_made_for_another_system_is_refused(folder: Path) -> None:
    made = {"seen": {**PICTURE.as_json(), "pooled": True}}
    made["seen"]["view"]["of"] = "first_frame"
    (folder / featuring.SOURCES).write_text(json.dumps(made))
    with pytest.raises(ConfigError, match="another view"):
        featured(recipe(str(folder)), system(), folder)


def test_means_are_refused_where_rows_are_wanted(folder: Path) -> None:
    made = {"heard": {**SOUND.as_json(), "pooled": True}}
    (folder / featuring.SOURCES).write_text(json.dumps(made))
    featured(recipe(str(folder)), system(), folder)
    rows = system([Stream(name="heard", sources=(SOUND,), connector=Part("gated_pool"))])
    with pytest.raises(ConfigError, match="gated_pool wants the rows"):
        featured(recipe(str(folder)), rows, folder)


def test_a_stream_of_two_sources_has_two_folders(tmp_path: Path) -> None:
    both = system([Stream(name="both", sources=(SOUND, PICTURE), connector=Part("conv_attention"))])
    place(tmp_path, "both.0/x.npy", (2, 12))
    place(tmp_path, "both.1/x.npy", (1, 8))
    given = featured(recipe(str(tmp_path)), both, tmp_path)
    found = given.features_of("a", item("x"))["both"]
    assert not isinstance(found, Missing)
    assert [one.values_TD.shape for one in found] == [(2, 12), (1, 8)]
    (tmp_path / "both.1/x.npy").unlink()
    assert isinstance(given.features_of("a", item("x"))["both"], Missing)


def test_features_of_another_width_are_told_before_any_clip_is_read(folder: Path) -> None:
    place(folder, "seen/x.npy", (3, 9))
    with pytest.raises(ConfigError, match=r"seen holds features of the shape \(3, 9\).* wants 8"):
        featured(recipe(str(folder)), system(), folder)
    (folder / "seen/x.npy").write_bytes(b"damaged")
    featured(recipe(str(folder)), system(), folder)  # told with its clip


def test_what_given_features_lack_is_told_and_files_that_fit_no_clip_stop(folder: Path) -> None:
    given = featured(recipe(str(folder)), system(), folder)
    clips = {"a": [item("x"), item("y"), item("z")]}
    assert lacking(clips, {"a": [0, 1]}, given) == [
        f"1 of 2 clips of data.a have no {name}." for name in ("seen", "heard")
    ]
    assert lacking(clips, {"a": [0]}, given) == []
    with pytest.raises(ConfigError, match=r"no seen of any clip; .*y\.npy is looked for"):
        lacking(clips, {"a": [1, 2]}, given)
