"""Promises of features for training: the same as in use, made once, never another clip's."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.training.toys import PICTURE, SOUND, item, recipe, seeing, system

from affectlens.analyzer.scene import Scene
from affectlens.analyzer.settings import ModelSettings, Settings
from affectlens.corpora import toy
from affectlens.encoders import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import View
from affectlens.evaluation.asking import main_person
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, use
from affectlens.media.opening import open_clip
from affectlens.model.declaration import Stream
from affectlens.perception.observe import observe
from affectlens.training import whole
from affectlens.training.featured import Featured, Found, featured, has_media, make
from affectlens.training.item import Item


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy") / "data"
    toy.make(folder, 4, 7, ("happy", "sad"))
    return folder / "clips"


@pytest.fixture
def items(clips: Path) -> list[Item]:
    return [item(path.stem, path) for path in sorted(clips.glob("*.mp4"))]


def same(one: Found, other: Found) -> bool:
    """Whether streams are the same to the last bit."""
    return one.keys() == other.keys() and all(map(_alike, one.values(), other.values()))


def _alike(one: object, other: object) -> bool:
    if isinstance(one, Missing) or isinstance(other, Missing):
        return one == other
    assert isinstance(one, list)
    assert isinstance(other, list)
    return all(
        np.array_equal(a.values_TD, b.values_TD) and np.array_equal(a.times_T, b.times_T)
        for a, b in zip(one, other, strict=True)
    )


def media(own: Item) -> Path:
    """Its file, which is there."""
    assert isinstance(own.media, Path)
    return own.media


def first(found: Found, name: str) -> Features:
    """The one source of a stream."""
    one = found[name]
    assert not isinstance(one, Missing), one
    return one[0]


def test_what_is_learned_from_is_what_an_analysis_shows(items: list[Item], tmp_path: Path) -> None:
    faces = Source(use("tiny", width=8), View(of="faces", count=2), "tokens")
    peak = Source(use("tiny", width=8), View(of="peak_frame"), "tokens")
    declared = system(
        [Stream(name=n, sources=s, connector=Part("pooled_linear"))
         for n, s in (("both", (SOUND, peak)), ("face", (faces,)), ("heard", (SOUND,)))]
    )  # fmt: skip
    clip = open_clip(media(items[0]))
    percepts = observe(clip, Settings().perception)
    person = main_person.of_percepts(percepts)
    scene = Scene(clip, percepts, declared, ModelSettings(device="cpu"))
    used = scene.example(person.person if person else None, None, ()).features
    ours = featured(recipe(how="live"), declared, tmp_path).features_of("a", items[0])
    assert same(ours, {n: f if isinstance(f, Missing) else list(f) for n, f in used.items()})
    assert not any(isinstance(one, Missing) for one in ours.values()), (
        "the drawn face is found, so that no stream is missing"
    )


def test_what_is_kept_is_what_would_be_made_anew(items: list[Item], tmp_path: Path) -> None:
    kept = featured(recipe(), system(), tmp_path)
    told = make({"a": items}, {"a": [1, 0]}, kept)
    assert (told.done, told.there, told.broken) == (2, 0, ())
    live = featured(recipe(how="live"), system(), tmp_path)
    travelled: Featured = pickle.loads(pickle.dumps(kept))  # noqa: S301 - as worker processes do
    for own in items[:2]:
        assert same(travelled.features_of("a", own), live.features_of("a", own))
    assert first(kept.features_of("a", items[0]), "heard").values_TD.shape[1] == 12


def test_nothing_is_made_twice(items: list[Item], tmp_path: Path) -> None:
    heard: list[float] = []
    kept = featured(recipe(), seeing(), tmp_path)
    make({"a": items}, {"a": [0, 2]}, kept, progress=lambda _, share: heard.append(share))
    assert heard == [0.5, 1.0]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    told = make({"a": items}, {"a": range(3)}, kept)
    assert (told.done, told.there) == (1, 2)
    assert all(path.stat().st_mtime_ns == then for path, then in files.items())


def test_a_file_that_was_removed_is_made_again(items: list[Item], tmp_path: Path) -> None:
    kept = featured(recipe(), seeing(), tmp_path)
    make({"a": items}, {"a": [0]}, kept)
    whole = kept.features_of("a", items[0])
    next(tmp_path.rglob("*.safetensors")).unlink()
    assert make({"a": items}, {"a": [0]}, kept).done == 1
    assert same(kept.features_of("a", items[0]), whole)


def test_a_clip_that_changed_is_made_anew_and_one_that_was_touched_is_not(
    items: list[Item], tmp_path: Path
) -> None:
    file = tmp_path / "x.mp4"
    shutil.copy(media(items[0]), file)
    own, kept = item("x", file), featured(recipe(), seeing(), tmp_path / "kept")
    make({"a": [own]}, {"a": [0]}, kept)
    os.utime(file, ns=(1, 1))
    assert make({"a": [own]}, {"a": [0]}, kept).done == 0
    shutil.copy(media(items[1]), file)
    assert make({"a": [own]}, {"a": [0]}, kept).done == 1
    live = featured(recipe(how="live"), seeing(), tmp_path)
    assert same(kept.features_of("a", own), live.features_of("a", own))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_clip_that_cannot_be_read_is_named_and_costs_no_other(
    items: list[Item], tmp_path: Path, workers: int
) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    mixed = [items[0], item("bad", tmp_path / "bad.mp4"), items[1]]
    kept = featured(recipe(), seeing(), tmp_path / "kept")
    told = make({"a": mixed}, {"a": range(3)}, kept, workers=workers)
    ((data, clip, reason),) = told.broken
    assert (data, clip) == ("a", "bad")
    with pytest.raises(InputError, match="bad: ") as failure:
        kept.features_of("a", mixed[1])
    assert reason in str(failure.value)
    assert first(kept.features_of("a", mixed[2]), "seen").values_TD.shape == (1, 8)
    again = make({"a": mixed}, {"a": range(3)}, kept)
    assert (again.done, again.broken) == (0, told.broken)


def test_a_stream_that_a_clip_lacks_is_kept_as_missing(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(16000))
    own, kept = item("x", tmp_path / "x.wav"), featured(recipe(), system(), tmp_path / "kept")
    told = make({"a": [own]}, {"a": [0]}, kept)
    found = kept.features_of("a", own)
    assert isinstance(found["seen"], Missing)
    assert "no video" in found["seen"].reason
    assert told.missing == {"seen": 1}
    assert first(found, "heard").values_TD.shape == (5, 12)


def test_systems_that_show_an_encoder_the_same_share_its_features(
    items: list[Item], tmp_path: Path
) -> None:
    make({"a": items}, {"a": [0]}, featured(recipe(), system(), tmp_path))
    before = set(tmp_path.rglob("*.safetensors"))
    renamed = system([Stream(name="voice", sources=(SOUND,), connector=Part("gated_pool"))])
    assert make({"a": items}, {"a": [0]}, featured(recipe(), renamed, tmp_path)).done == 0
    wider = replace(PICTURE, encoder=use("tiny", width=9))
    other = system(
        [Stream(name=n, sources=(s,), connector=Part("pooled_linear"))
         for n, s in (("seen", wider), ("heard", SOUND))]
    )  # fmt: skip
    assert make({"a": items}, {"a": [0]}, featured(recipe(), other, tmp_path)).done == 1
    assert len(set(tmp_path.rglob("*.safetensors")) - before) == 1
    assert make({"a": items}, {"a": [0]}, featured(recipe(), system(), tmp_path)).done == 0


def test_other_weights_are_other_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = featured(recipe(), system(), tmp_path).kinds["a"]
    monkeypatch.setattr(encode, "fingerprint", lambda *_: "of other weights")
    after = featured(recipe(), system(), tmp_path).kinds["a"]
    assert all(before[name] != after[name] for name in ("seen", "heard"))


def test_data_of_one_name_and_two_places_are_kept_apart(tmp_path: Path) -> None:
    places = {
        featured(recipe(folder=str(tmp_path), path=path), system(), tmp_path / "run").folders["a"]
        for path in ("here", "there")
    }
    assert len(places) == 2
    assert all(place.parent == tmp_path for place in places)


def test_damage_is_told_not_learned(items: list[Item], tmp_path: Path) -> None:
    kept = featured(recipe(), seeing(), tmp_path)
    with pytest.raises(InputError, match="There are no features"):
        kept.features_of("a", items[0])
    make({"a": items}, {"a": [0]}, kept)
    for path in tmp_path.rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="damaged"):
        kept.features_of("a", items[0])


def test_a_system_without_streams_wants_no_media(tmp_path: Path) -> None:
    words = replace(
        system(),
        streams=(),
        training=replace(system().training, first=("{question}",)),
        generation=replace(system().generation, first=("{question}",)),
    )
    told = featured(recipe(features="nowhere"), words, tmp_path / "none")
    assert told.features_of("a", item("x")) == {}
    assert make({"a": [item("x")]}, {"a": [0]}, told).done == 0
    assert not (tmp_path / "none").exists()


def test_a_clip_without_a_file_lacks_every_stream_with_the_reason(tmp_path: Path) -> None:
    gone = item("x", Missing("it lies elsewhere"))
    kept = featured(recipe(), system(), tmp_path)
    assert make({"a": [gone]}, {"a": [0]}, kept).done == 0
    assert kept.features_of("a", gone) == dict.fromkeys(
        ("seen", "heard"), Missing("it lies elsewhere")
    )
    assert not has_media(gone)
    assert not kept.has("a", gone)


def test_weights_that_are_not_here_are_told_before_any_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    hubert = Source(use("hubert", weights="no_such_net"), View(of="sound"), "states")
    wants = system([Stream(name="heard", sources=(hubert,), connector=Part("pooled_linear"))])
    with pytest.raises(UnavailableError, match="no_such_net"):
        featured(recipe(), wants, tmp_path)


def test_who_was_killed_goes_on(items: list[Item], tmp_path: Path) -> None:
    kept = featured(recipe(), seeing(), tmp_path / "kept")
    job = {"items": [str(one.media) for one in items], "folder": str(tmp_path / "kept")}
    code = (
        "import json, os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.training.toys import item, recipe, seeing\n"
        "from affectlens.training.featured import featured, make\n"
        "job = json.loads(sys.argv[1])\n"
        "items = [item(Path(p).stem, Path(p)) for p in job['items']]\n"
        "def killed(_, share):\n"
        "    if share > 0.4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "make({'a': items}, {'a': range(4)}, featured(recipe(), seeing(), Path(job['folder'])),"
        " progress=killed)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, json.dumps(job)], check=False)
    assert done.returncode == -9
    told = make({"a": items}, {"a": range(4)}, kept)
    assert (told.done, told.there) == (2, 2)


def test_a_stop_of_all_is_raised_and_a_bug_is_tried_again(
    items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_weights(*_: object, **__: object) -> dict[str, Features | Missing]:
        raise UnavailableError("gone")

    def bug(*_: object, **__: object) -> dict[str, Features | Missing]:
        raise KeyError("oh")

    kept = featured(recipe(), seeing(), tmp_path)
    monkeypatch.setattr(whole, "shown", no_weights)
    with pytest.raises(UnavailableError, match="gone"):
        make({"a": items}, {"a": [0]}, kept)
    monkeypatch.setattr(whole, "shown", bug)
    assert "KeyError" in make({"a": items}, {"a": [0]}, kept).broken[0][2]
    monkeypatch.undo()
    told = make({"a": items}, {"a": [0]}, kept)
    assert (told.done, told.broken) == (1, ())
