"""VideoMAE on faces: tubelets and their times, short clips, published names of tensors."""

# T faces, K patches of all tubelets, D width

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from affectlens.encoders.backends import videomae
from affectlens.encoders.pixels import Preparation, prepared
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu", precision="float32")
TINY = videomae.tiny(videomae.Config())


def faces(count: int = 16) -> Pictures:
    rng = np.random.default_rng(1)
    rgb_THWC = rng.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.arange(count) / 4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A net with the decoder of its pre-training, as published."""
    from transformers import VideoMAEConfig, VideoMAEForPreTraining

    torch.manual_seed(0)
    config = VideoMAEConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        decoder_hidden_size=16,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    config.use_mean_pooling = False
    net = VideoMAEForPreTraining(config).eval()
    for layer in net.videomae.encoder.layer:  # drawn as zeros, which would hide a lost bias
        torch.nn.init.normal_(layer.attention.attention.query.bias)
        torch.nn.init.normal_(layer.attention.attention.value.bias)
    folder = tmp_path_factory.mktemp("videomae")
    net.save_pretrained(folder)
    return folder, net


def config_of(folder: Path) -> videomae.Config:
    return videomae.Config(weights=str(folder), width=32)


def test_the_rows_are_the_nets_tokens_and_pooled_is_their_mean(saved: tuple[Path, Any]) -> None:
    folder, net = saved
    shown = faces()
    how = Preparation(side=56, mean_std="imagenet", filter="bilinear")
    pixels_TCHW = torch.from_numpy(prepared(shown.rgb_THWC, how))
    with torch.no_grad():
        wanted_KD = net.videomae(pixels_TCHW[None]).last_hidden_state[0].numpy()
    given = videomae.build(config_of(folder), CPU)(shown)
    assert given["states"].values_TD.shape == (128, 32)
    np.testing.assert_allclose(given["states"].values_TD, wanted_KD, atol=1e-5)
    mean_D = given["pooled"].values_TD[0]
    np.testing.assert_allclose(mean_D, wanted_KD.mean(axis=0), atol=1e-5)


def test_a_tubelet_lies_between_its_two_faces() -> None:
    given = videomae.build(TINY, CPU)(faces())
    wanted = np.repeat((np.arange(8) * 2 + 0.5) / 4, 16)
    assert given["states"].times_T.tolist() == wanted.tolist()
    assert given["pooled"].times_T.tolist() == [7.5 / 4]


@pytest.mark.parametrize(
    ("count", "places"),
    [(1, [0] * 16), (8, [i // 2 for i in range(16)]), (3, [0] * 6 + [1] * 5 + [2] * 5)],
)
def test_fewer_faces_are_repeated_in_their_order(count: int, places: list[int]) -> None:
    encoder, shown = videomae.build(TINY, CPU), faces(count)
    full = Pictures(shown.rgb_THWC[places], shown.times_T[places])
    short, long = encoder(shown), encoder(full)
    for name in short:
        np.testing.assert_allclose(short[name].values_TD, long[name].values_TD, atol=1e-6)
        assert short[name].times_T.tolist() == long[name].times_T.tolist()


def test_more_faces_than_the_net_takes_are_refused() -> None:
    with pytest.raises(ConfigError, match="takes 16 pictures; its view shows 17"):
        videomae.build(TINY, CPU)(faces(17))


def test_a_saved_tiny_net_gives_the_numbers_it_had(tmp_path: Path) -> None:
    encoder = videomae.build(TINY, CPU)
    assert isinstance(encoder, videomae.VideoMae)
    encoder.net.save_pretrained(tmp_path)
    again = videomae.build(replace(TINY, weights=str(tmp_path)), CPU)
    first, second = encoder(faces()), again(faces())
    assert {n: f.values_TD.shape[1] for n, f in first.items()} == dict(videomae.outputs(TINY))
    for name in first:
        np.testing.assert_array_equal(first[name].values_TD, second[name].values_TD)


def test_the_published_names_of_biases_are_understood(
    saved: tuple[Path, Any], tmp_path: Path
) -> None:
    folder, _ = saved
    tensors = load_file(folder / "model.safetensors")
    for kind in ("query", "value"):
        old, new = f"attention.attention.{kind[0]}_bias", f"attention.attention.{kind}.bias"
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    assert "videomae.encoder.layer.1.attention.attention.q_bias" in tensors
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    first, second = (videomae.build(config_of(each), CPU)(faces()) for each in (folder, tmp_path))
    np.testing.assert_array_equal(first["states"].values_TD, second["states"].values_TD)


def test_a_missing_tensor_stops_and_another_width_too(
    saved: tuple[Path, Any], tmp_path: Path
) -> None:
    folder, _ = saved
    tensors = load_file(folder / "model.safetensors")
    del tensors["videomae.layernorm.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(InputError, match=r"1 missing: layernorm\.weight"):
        videomae.build(config_of(tmp_path), CPU)
    with pytest.raises(ConfigError, match=r"width 32.* 64"):
        videomae.build(videomae.Config(weights=str(folder), width=64), CPU)
