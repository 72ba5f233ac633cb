"""The small face encoder: light does not matter, its files are read strictly, it stays small."""

# T faces, D width, H height, W width of a picture, C colours

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from affectlens.encoders import random_weights
from affectlens.encoders.backends import face_cnn
from affectlens.encoders.backends.face_cnn import Config
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.face_net import (
    LABELS,
    FaceNet,
    Sizes,
    grey,
    small,
    standardised,
    write_config,
)
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu", precision="float32")
WIDTH = 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Weights in 16 bits, as they are shipped."""
    net = FaceNet(small(WIDTH))
    random_weights.fill(net)
    halves = {n: v.half() if v.is_floating_point() else v for n, v in net.state_dict().items()}
    save_file(halves, tmp_path / "model.safetensors")
    write_config(tmp_path, small(WIDTH), licence="none")
    return tmp_path


def faces(count: int = 3) -> Pictures:
    rng = np.random.default_rng(5)
    coarse_THWC = rng.integers(20, 120, (count, 14, 14, 1), dtype=np.uint8)
    rgb_THWC = coarse_THWC.repeat(16, 1).repeat(16, 2).repeat(3, 3)
    return Pictures(rgb_THWC, np.arange(count) / 10)


def built(folder: Path, width: int = WIDTH) -> Encoder:
    return face_cnn.build(Config(weights=str(folder), width=width), CPU)


def test_a_row_is_features_and_the_logarithms_of_seven_probabilities(folder: Path) -> None:
    found = built(folder)(faces())
    assert LABELS == ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")
    tokens_TD = found["tokens"].values_TD
    assert np.array_equal(tokens_TD[:, :WIDTH], found["features"].values_TD)
    assert np.array_equal(tokens_TD[:, WIDTH:], found["labels"].values_TD)
    assert np.allclose(np.exp(tokens_TD[:, WIDTH:]).sum(1), 1, atol=1e-5)


def test_neither_light_nor_contrast_changes_what_is_seen() -> None:
    faces_B1HW = torch.rand(3, 1, 48, 48, generator=torch.Generator().manual_seed(1)) * 200
    plain_B1HW = standardised(faces_B1HW)
    for other_B1HW in (faces_B1HW + 50, faces_B1HW * 0.7):
        assert (standardised(other_B1HW) - plain_B1HW).abs().max() < 0.2
    assert plain_B1HW.mean((1, 2, 3)).abs().max() < 1e-5
    assert (plain_B1HW.std((1, 2, 3)) - 1).abs().max() < 0.2


def test_files_in_sixteen_bits_are_computed_in_thirty_two(folder: Path) -> None:
    values_TD = built(folder)(faces())["features"].values_TD
    assert values_TD.dtype == np.float32
    assert (values_TD != values_TD.astype(np.float16)).any()


def test_a_blank_picture_is_a_row_like_others(folder: Path) -> None:
    blank = Pictures(np.full((1, 30, 40, 3), 200, np.uint8), np.zeros(1))
    assert np.isfinite(built(folder)(blank)["tokens"].values_TD).all()


def test_pictures_of_any_size_become_grey_squares() -> None:
    assert grey(np.zeros((2, 224, 224, 3), np.uint8)).shape == (2, 48, 48)
    assert grey(np.zeros((1, 20, 90, 3), np.uint8)).shape == (1, 48, 48)


def test_tensors_that_are_missing_or_left_over_are_listed(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["spare.weight"] = tensors.pop("head.bias")
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"head\.bias.*spare\.weight"):
        built(folder)


def test_another_width_is_told_before_it_is_used(folder: Path) -> None:
    with pytest.raises(ConfigError, match="width 16"):
        built(folder, width=192)


@pytest.mark.parametrize(
    "change", [{"labels": ["happy"]}, {"side": 64}, {"model_type": "vit"}, {"channels": None}]
)
def test_a_config_of_another_net_is_refused(folder: Path, change: dict[str, object]) -> None:
    path = folder / "config.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(told | change), encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.json"):
        built(folder)


def test_it_is_small_enough_to_ship() -> None:
    with torch.device("meta"):
        net = FaceNet(Sizes())
    assert sum(one.numel() for one in net.parameters()) < 2_000_000
    assert Sizes().width == Config().width
