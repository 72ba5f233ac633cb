"""A model's folder that holds its encoders can be moved, and tells nothing of where it was."""

import json
import shutil
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.model.affect_models import CPU, SYSTEM

from affectlens.encoders import random_weights
from affectlens.encoders.backends import face_cnn
from affectlens.encoders.encoder import Source
from affectlens.encoders.face_net import FaceNet, small, write_config
from affectlens.encoders.view import View
from affectlens.foundation.errors import InputError
from affectlens.foundation.part import configured, use
from affectlens.model import checkpoint, enclosed
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import Stream, System

WIDTH = 16
SAVES = pytest.mark.parametrize("save", [checkpoint.save, checkpoint.save_trained])


def weights_in(folder: Path) -> Path:
    """A small face net below a folder."""
    place = folder / "encoders" / "face"
    place.mkdir(parents=True)
    net = FaceNet(small(WIDTH))
    random_weights.fill(net)
    save_file(net.state_dict(), place / "model.safetensors")
    write_config(place, small(WIDTH))
    return place


def system(weights: str) -> System:
    encoder = use("face_cnn", weights=weights, width=WIDTH)
    source = Source(encoder, View(of="first_frame"), "tokens")
    face = Stream(name="patches", sources=(source,), connector=use("pooled_linear"))
    return replace(SYSTEM, streams=(face, *SYSTEM.streams[1:]))


@pytest.fixture
def made(tmp_path: Path) -> Loaded:
    """A model over an encoder that lies in a run's folder."""
    weights_in(tmp_path / "run")
    weights = enclosed.place(tmp_path / "run", "encoders/face")
    model, processor = checkpoint.create(system(weights), place=CPU)
    return Loaded(model, processor)


def works(loaded: Loaded, below: Path) -> bool:
    """Whether the encoder of a model is there and lies below a folder."""
    module, config = configured(
        "encoders.backends", loaded.processor.system.streams[0].sources[0].encoder
    )
    assert loaded.processor.system == loaded.model.config.declaration
    assert module is face_cnn
    encoder = face_cnn.build(config, CPU)
    return bool(encoder.fingerprint) and Path(config.weights).is_relative_to(below)


@SAVES
def test_a_folder_that_was_moved_still_loads(made: Loaded, tmp_path: Path, save: object) -> None:
    assert callable(save)
    save(*made, tmp_path / "model")
    shutil.rmtree(tmp_path / "run")
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    again = checkpoint.load(str(tmp_path / "elsewhere"), place=CPU)
    assert works(again, tmp_path / "elsewhere")


@SAVES
def test_a_model_of_the_hub_brings_its_encoders(
    made: Loaded, tmp_path: Path, save: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(save)
    remote, here = tmp_path / "remote", tmp_path / "here"
    save(made.model, made.processor, remote)

    def fetch(
        _: str, *, allow_patterns: list[str], ignore_patterns: list[str], **__: object
    ) -> str:
        def any_of(name: str, patterns: list[str]) -> bool:
            return any(fnmatch(name, pattern) for pattern in patterns)

        for path in remote.rglob("*"):
            name = path.relative_to(remote).as_posix()
            if path.is_file() and any_of(name, allow_patterns) > any_of(name, ignore_patterns):
                (here / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, here / name)
        return str(here)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert works(checkpoint.load("someone/model", place=CPU), here)


@SAVES
def test_its_files_tell_nothing_of_where_they_were(
    made: Loaded, tmp_path: Path, save: object
) -> None:
    assert callable(save)
    save(*made, tmp_path / "model")
    texts = [path.read_text("utf-8") for path in (tmp_path / "model").rglob("*.json")]
    assert not [text for text in texts if str(tmp_path) in text]
    told = json.loads((tmp_path / "model" / "config.json").read_text("utf-8"))
    encoder = told["system"]["streams"][0]["sources"][0]["encoder"]
    assert encoder["settings"]["weights"] == "./encoders/face"


def test_what_was_loaded_is_enclosed_again(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save_trained(*made, tmp_path / "one")
    again = checkpoint.load(str(tmp_path / "one"), place=CPU)
    checkpoint.save(*again, tmp_path / "two")
    shutil.rmtree(tmp_path / "one")
    assert works(checkpoint.load(str(tmp_path / "two"), place=CPU), tmp_path / "two")


def test_an_encoder_that_was_damaged_is_told(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save_trained(*made, tmp_path / "model")
    file = tmp_path / "model" / "encoders" / "face" / "model.safetensors"
    save_file({"other": torch.zeros(2)}, file)
    with pytest.raises(InputError, match=r"encoders/face/model\.safetensors"):
        checkpoint.load(str(tmp_path / "model"), place=CPU)


@pytest.mark.parametrize("weights", ["./../x", "./encoders/../../x", "./"])
def test_weights_outside_of_the_folder_are_refused(weights: str, tmp_path: Path) -> None:
    weights_in(tmp_path)
    model, processor = checkpoint.create(system(weights), place=CPU)
    checkpoint.save_trained(model, processor, tmp_path / "model")
    with pytest.raises(InputError, match="outside of the model's folder"):
        checkpoint.load(str(tmp_path / "model"), place=CPU)


def test_an_encoder_that_went_away_is_told_by_name(made: Loaded, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(InputError, match="encoders/face"):
        checkpoint.save_trained(*made, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_other_encoders_stay_as_they_are() -> None:
    same = enclosed.opened(SYSTEM, Path("anywhere"))
    assert same == SYSTEM
    assert enclosed.closed(SYSTEM) == SYSTEM
