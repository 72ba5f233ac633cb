"""Promises of the toy clips: each way tells the label, and the same seed draws the same."""

# C clips, F features, L labels

import csv
import re
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from affectlens.corpora import toy
from affectlens.corpora.sets import manifest
from affectlens.encoders.backends import tiny
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.media.opening import open_clip
from affectlens.perception.faces import observe_faces
from affectlens.perception.settings import FaceSettings

CLIPS = 160
Floats = NDArray[np.float64]
Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("toy") / "data"
    toy.make(made, CLIPS)
    return made


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    with (folder / toy.MANIFEST).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_its_manifest_is_read_as_any_other(folder: Path) -> None:
    corpus = manifest.build(folder / toy.MANIFEST, manifest.Config(space="mer9"))
    assert len(corpus.samples) == CLIPS
    assert corpus.absent == ()
    assert {sample.label for sample in corpus.samples} == set(toy.LABELS)
    assert all(isinstance(sample.description, str) for sample in corpus.samples)
    assert {"misleads", "absent"} >= corpus.samples[0].columns.keys()


def test_speakers_are_in_one_split_and_labels_are_even(rows: list[Row]) -> None:
    splits = {row["speaker"]: set[str]() for row in rows}
    for row in rows:
        splits[row["speaker"]].add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    assert set.union(*splits.values()) == {"train", "dev", "test"}
    counts = [sum(row["label"] == label for row in rows) for label in toy.LABELS]
    assert max(counts) - min(counts) <= 1


def test_the_same_seed_draws_the_same(tmp_path: Path, rows: list[Row]) -> None:
    fewer = toy.make(tmp_path / "again", 6).read_text().splitlines()
    other = toy.make(tmp_path / "other", 6, 1).read_text().splitlines()
    with (tmp_path / "again" / toy.MANIFEST).open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows[:6]
    assert fewer != other
    first, second = (
        pictures(tmp_path / f"{name}/clips/toy_00000.mp4") for name in ("again", "other")
    )
    assert not np.array_equal(first, second)


def test_what_is_absent_is_not_in_the_file(folder: Path, rows: list[Row]) -> None:
    for way in ("picture", "sound", "words"):
        row = next(row for row in rows if row["absent"] == way)
        clip = open_clip(folder / row["path"])
        assert isinstance(clip.video, Missing) == (way == "picture")
        assert isinstance(clip.sound, Missing) == (way == "sound")
        assert (row["subtitle"] == "") == (way == "words")


def test_some_clips_mislead(rows: list[Row]) -> None:
    misleading = [row["misleads"] for row in rows if row["misleads"]]
    assert 0.05 < len(misleading) / CLIPS < 0.25
    assert set(misleading) == {"picture", "sound", "words"}


@pytest.mark.parametrize("way", ["picture", "sound", "words"])
def test_each_way_tells_the_label_of_people_who_were_held_back(
    way: str, folder: Path, rows: list[Row]
) -> None:
    have = [row for row in rows if row["absent"] != way]
    seen_CF = {"picture": of_pictures, "sound": of_sound, "words": of_words}[way](folder, have)
    truth_C = np.array([toy.LABELS.index(row["label"]) for row in have])
    train_C = np.array([row["split"] == "train" for row in have])
    right = accuracy(seen_CF, truth_C, train_C)
    most = np.bincount(truth_C[~train_C]).max() / (~train_C).sum()
    assert right > most + 0.25, f"{way}: {right:.2f}, the most frequent label {most:.2f}"
    assert right < 1, "it would be trivial"


def test_the_face_detector_finds_the_drawn_faces(folder: Path, rows: list[Row]) -> None:
    row = next(row for row in rows if row["absent"] != "picture")
    found = observe_faces(open_clip(folder / row["path"]), FaceSettings())
    assert not isinstance(found.tracks, Missing)
    assert len(found.tracks) == 1


@pytest.mark.parametrize(
    ("clips", "labels"), [(0, toy.LABELS), (3, ("happy",)), (3, ("happy", "hapy"))]
)
def test_what_cannot_be_drawn_is_refused(
    tmp_path: Path, clips: int, labels: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError, match=r"clip|labels"):
        toy.make(tmp_path, clips, 0, labels)


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        toy.make(tmp_path, 2)


def accuracy(seen_CF: Floats, truth_C: NDArray[np.int64], train_C: NDArray[np.bool_]) -> float:
    """Of ridge regression to the labels, on the clips that it did not learn from."""
    centred_CF = (seen_CF - seen_CF[train_C].mean(0)) / (seen_CF[train_C].std(0) + 1e-6)
    with_one_CF = np.column_stack([centred_CF, np.ones(len(centred_CF))])
    known_CF, wanted_CL = with_one_CF[train_C], np.eye(len(toy.LABELS))[truth_C[train_C]]
    square_FF = known_CF.T @ known_CF + 10 * np.eye(known_CF.shape[1])
    weights_FL = np.linalg.solve(square_FF, known_CF.T @ wanted_CL)
    said_C = np.argmax(with_one_CF[~train_C] @ weights_FL, axis=1)
    return float((said_C == truth_C[~train_C]).mean())


def of_pictures(folder: Path, rows: list[Row]) -> Floats:
    """The tiny encoder's row of a middle frame."""
    net = tiny.build(tiny.Config(width=64), Place(device="cpu"))
    seen = [pictures(folder / row["path"])[4:5] for row in rows]
    return np.stack([net(Pictures(one, np.zeros(1)))["tokens"].values_TD[0] for one in seen]) * 1.0


def of_sound(folder: Path, rows: list[Row]) -> Floats:
    """The mean of the tiny encoder's rows."""
    net = tiny.build(tiny.Config(), Place(device="cpu"))
    heard = [sound(folder / row["path"]) for row in rows]
    found = [net(Waves((one,), np.zeros(1)))["tokens"].values_TD.mean(0) for one in heard]
    return np.stack(found) * 1.0


def of_words(folder: Path, rows: list[Row]) -> Floats:
    """Which words are said."""
    said = [set(re.findall(r"\w+", row["subtitle"].lower())) for row in rows]
    known = sorted(set.union(*said))
    return np.array([[word in one for word in known] for one in said], float)


def pictures(path: Path) -> NDArray[np.uint8]:
    """The frames of a file."""
    with av.open(str(path)) as file:
        return np.stack([one.to_ndarray(format="rgb24") for one in file.decode(video=0)])


def sound(path: Path) -> NDArray[np.float32]:
    """The sound of a file."""
    with av.open(str(path)) as file:
        return np.concatenate([one.to_ndarray()[0] for one in file.decode(audio=0)])
