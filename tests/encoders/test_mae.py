"""MAE on faces: nothing hidden or shuffled, pre-trained checkpoints loaded strictly."""

# T faces, K patches of one face, D width

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from affectlens.encoders.backends import mae
from affectlens.encoders.pixels import Preparation, prepared
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu", precision="float32")
TINY = mae.tiny(mae.Config())


def faces(count: int = 3) -> Pictures:
    rng = np.random.default_rng(count)
    rgb_THWC = rng.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.arange(count) / 4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A net with its decoder, as published: it would hide three quarters of the patches."""
    from transformers import ViTMAEConfig, ViTMAEForPreTraining

    torch.manual_seed(0)
    config = ViTMAEConfig(
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
    net = ViTMAEForPreTraining(config).eval()
    folder = tmp_path_factory.mktemp("mae")
    net.save_pretrained(folder)
    return folder, net


def config_of(folder: Path) -> mae.Config:
    return mae.Config(weights=str(folder), width=32)


def by_hand(net: Any, shown: Pictures) -> torch.Tensor:
    """All tokens (TKD), patches in their places, without the part of the net that hides them."""
    how = Preparation(side=56, mean_std="imagenet")
    pixels_TCHW = torch.from_numpy(prepared(shown.rgb_THWC, how))
    seen = net.vit.embeddings
    patches_TKD = seen.patch_embeddings(pixels_TCHW) + seen.position_embeddings[:, 1:]
    cls_TKD = (seen.cls_token + seen.position_embeddings[:, :1]).expand(len(pixels_TCHW), -1, -1)
    x_TKD = torch.cat([cls_TKD, patches_TKD], dim=1)
    for layer in net.vit.layers:
        x_TKD = layer(x_TKD)
    rows_TKD: torch.Tensor = net.vit.layernorm(x_TKD)
    return rows_TKD.detach()


def test_every_patch_is_there_in_its_place(saved: tuple[Path, Any]) -> None:
    folder, net = saved
    shown = faces()
    wanted_TKD = by_hand(net, shown)
    given = mae.build(config_of(folder), CPU)(shown)
    states_TD = given["states"].values_TD
    np.testing.assert_allclose(states_TD, wanted_TKD[:, 1:].flatten(0, 1).numpy(), atol=1e-5)
    assert given["states"].times_T.tolist() == np.repeat(shown.times_T, 16).tolist()


def test_a_face_is_the_mean_of_its_patches_or_its_class_token(saved: tuple[Path, Any]) -> None:
    folder, net = saved
    wanted_TKD = by_hand(net, faces()).numpy()
    mean = mae.build(config_of(folder), CPU)(faces())["pooled"]
    cls = mae.build(replace(config_of(folder), pool="cls"), CPU)(faces())["pooled"]
    np.testing.assert_allclose(mean.values_TD, wanted_TKD[:, 1:].mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(cls.values_TD, wanted_TKD[:, 0], atol=1e-5)
    assert mean.times_T.tolist() == faces().times_T.tolist()


def test_a_saved_tiny_net_gives_the_numbers_it_had(tmp_path: Path) -> None:
    encoder = mae.build(TINY, CPU)
    assert isinstance(encoder, mae.Mae)
    encoder.net.save_pretrained(tmp_path)
    again = mae.build(replace(TINY, weights=str(tmp_path)), CPU)
    first, second = encoder(faces()), again(faces())
    assert {n: f.values_TD.shape[1] for n, f in first.items()} == dict(mae.outputs(TINY))
    for name in first:
        np.testing.assert_array_equal(first[name].values_TD, second[name].values_TD)


def test_one_face_alone_has_the_same_numbers_as_among_many_and_twice() -> None:
    encoder, shown = mae.build(TINY, CPU), faces(19)
    alone = encoder(Pictures(shown.rgb_THWC[17:18], shown.times_T[17:18]))
    among, again = encoder(shown), encoder(shown)
    for name, share in (("pooled", slice(17, 18)), ("states", slice(272, 288))):
        np.testing.assert_array_equal(among[name].values_TD, again[name].values_TD)
        ours_TD, theirs_TD = alone[name].values_TD, among[name].values_TD[share]
        np.testing.assert_allclose(ours_TD, theirs_TD, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("vit.layernorm.bias", None), r"1 missing: layernorm\.bias"),
        (("vit.extra.bias", torch.ones(2)), r"1 left over: \S*extra\.bias"),
        (("vit.layernorm.bias", torch.ones(9)), r"layernorm\.bias \[9\] instead of \[32\]"),
    ],
)
def test_weights_that_are_not_maes_stop_with_a_list(
    saved: tuple[Path, Any], tmp_path: Path, change: tuple[str, torch.Tensor | None], told: str
) -> None:
    folder, _ = saved
    name, tensor = change
    tensors = load_file(folder / "model.safetensors")
    tensors = {n: t for n, t in tensors.items() if n != name}
    tensors |= {} if tensor is None else {name: tensor}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(InputError, match=told):
        mae.build(config_of(tmp_path), CPU)


def test_another_width_stops(saved: tuple[Path, Any]) -> None:
    folder, _ = saved
    with pytest.raises(ConfigError, match=r"width 32.* 64"):
        mae.build(mae.Config(weights=str(folder), width=64), CPU)


def test_an_unknown_pooling_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="pool"):
        mae.Config(pool="max")  # type: ignore[arg-type]


def test_loading_says_nothing_of_the_decoder(
    saved: tuple[Path, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, _ = saved
    mae.build(config_of(folder), CPU)
    assert capfd.readouterr() == ("", "")
