"""CLIP: `get_image_features`, hidden states of any layer, whole checkpoints loaded strictly."""

# T pictures, K tokens of one picture, D width

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from affectlens.encoders.backends import clip
from affectlens.encoders.pixels import Preparation, prepared
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu", precision="float32")
TINY = clip.tiny(clip.Config())


def pictures(count: int = 3) -> Pictures:
    rng = np.random.default_rng(count)
    rgb_THWC = rng.integers(0, 256, (count, 60, 90, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.arange(count) / 4)


def whole(folder: Path) -> Any:
    """Both halves of a CLIP, saved as the hub's repositories are."""
    from transformers import CLIPConfig, CLIPModel

    both = {"num_attention_heads": 2, "num_hidden_layers": 3, "intermediate_size": 64}
    seeing = {"hidden_size": 32, "projection_dim": 24, "image_size": 56, "patch_size": 14}
    reading = {"hidden_size": 16, "vocab_size": 9, "bos_token_id": 1, "eos_token_id": 2}
    torch.manual_seed(0)
    config = CLIPConfig(vision_config=both | seeing, text_config=both | reading, projection_dim=24)
    net = CLIPModel(config).eval()
    net.save_pretrained(folder)
    return net


def config_of(folder: Path, layer: int = -1) -> clip.Config:
    return clip.Config(weights=str(folder), width=32, projected=24, layer=layer)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("clip")
    return folder, whole(folder)


def test_pooled_is_what_get_image_features_gives(saved: tuple[Path, Any]) -> None:
    from transformers import CLIPImageProcessorPil

    folder, net = saved
    shown = pictures()
    processor = CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size=56)
    frames = [Image.fromarray(rgb_HWC) for rgb_HWC in shown.rgb_THWC]
    with torch.no_grad():
        theirs = net.get_image_features(**processor(images=frames, return_tensors="pt"))
    ours = clip.build(config_of(folder), CPU)(shown)["pooled"]
    np.testing.assert_allclose(ours.values_TD, theirs.pooler_output.numpy(), atol=1e-6)
    assert ours.times_T.tolist() == shown.times_T.tolist()


@pytest.mark.parametrize("layer", [-1, -2, 0, 3])
def test_class_and_patches_are_those_of_the_layer(saved: tuple[Path, Any], layer: int) -> None:
    folder, net = saved
    how = Preparation(side=56, mean_std="clip", fit="crop")
    shown = pictures()
    pixels_TCHW = torch.from_numpy(prepared(shown.rgb_THWC, how))
    with torch.no_grad():
        every = net.vision_model(pixels_TCHW, output_hidden_states=True).hidden_states
    given = clip.build(config_of(folder, layer), CPU)(shown)
    cls_TD, patches_TD = given["cls"].values_TD, given["patches"].values_TD
    np.testing.assert_allclose(cls_TD, every[layer][:, 0].numpy(), atol=1e-6)
    np.testing.assert_allclose(patches_TD, every[layer][:, 1:].flatten(0, 1).numpy(), atol=1e-6)
    assert given["patches"].times_T.tolist() == np.repeat(shown.times_T, 16).tolist()


def test_a_saved_tiny_net_gives_the_numbers_it_had(tmp_path: Path) -> None:
    encoder = clip.build(TINY, CPU)
    assert isinstance(encoder, clip.Clip)
    encoder.net.save_pretrained(tmp_path)
    again = clip.build(replace(TINY, weights=str(tmp_path)), CPU)
    first, second = encoder(pictures()), again(pictures())
    assert {n: f.values_TD.shape[1] for n, f in first.items()} == dict(clip.outputs(TINY))
    for name in first:
        np.testing.assert_array_equal(first[name].values_TD, second[name].values_TD)
    assert encoder.fingerprint != again.fingerprint


def test_one_picture_alone_has_the_same_numbers_as_among_many() -> None:
    encoder, shown = clip.build(TINY, CPU), pictures(19)
    alone = encoder(Pictures(shown.rgb_THWC[17:18], shown.times_T[17:18]))
    among = encoder(shown)
    for name, share in (("pooled", slice(17, 18)), ("patches", slice(272, 288))):
        ours_TD, theirs_TD = alone[name].values_TD, among[name].values_TD[share]
        np.testing.assert_allclose(ours_TD, theirs_TD, atol=1e-5)


def test_a_squeezed_picture_keeps_its_edges() -> None:
    shown = pictures(1)
    shown.rgb_THWC[:, :, :10] = 0  # the crop of a 60 × 90 picture begins after 15 columns
    edge = Pictures(shown.rgb_THWC.copy(), shown.times_T)
    edge.rgb_THWC[:, :, :10] = 255
    for fit, same in (("crop", True), ("squeeze", False)):
        encoder = clip.build(clip.Config(**{**_settings(TINY), "fit": fit}), CPU)
        first_TD, second_TD = (encoder(each)["pooled"].values_TD for each in (shown, edge))
        assert np.allclose(first_TD, second_TD, atol=1e-5) is same


def test_a_missing_tensor_stops_and_is_named(saved: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = saved
    tensors = load_file(folder / "model.safetensors")
    del tensors["vision_model.post_layernorm.bias"]
    tensors["vision_model.extra.weight"] = torch.ones(3)
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    wanted = r"1 missing: \S*post_layernorm\.bias; 1 left over: \S*extra\.weight"
    with pytest.raises(InputError, match=wanted):
        clip.build(config_of(tmp_path), CPU)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"width": 64}, r"width 32.* 64"),
        ({"projected": 32}, r"projected 24.* 32"),
        ({"layer": 4}, r"states -4 … 3; .* asks for 4"),
        ({"layer": -5}, r"states -4 … 3; .* asks for -5"),
    ],
)
def test_settings_that_do_not_fit_the_weights_stop(
    saved: tuple[Path, Any], change: dict[str, Any], told: str
) -> None:
    folder, _ = saved
    with pytest.raises(ConfigError, match=told):
        clip.build(clip.Config(**{**_settings(config_of(folder)), **change}), CPU)


def test_an_unknown_fit_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="fit"):
        clip.Config(fit="stretch")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{}", "no json", '{"model_type": "bert"}', "[]"])
def test_a_folder_of_another_model_stops(
    saved: tuple[Path, Any], tmp_path: Path, text: str
) -> None:
    folder, _ = saved
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"says nothing of a model|family 'bert'"):
        clip.build(config_of(tmp_path), CPU)


def test_a_cut_file_stops(saved: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = saved
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    half = (folder / "model.safetensors").read_bytes()[:5000]
    (tmp_path / "model.safetensors").write_bytes(half)
    with pytest.raises(InputError, match="cannot be read"):
        clip.build(config_of(tmp_path), CPU)


def test_a_tiny_net_has_every_layer_that_is_asked_of_the_full_one() -> None:
    for layer in (-20, -2, 0, 20):
        clip.build(clip.tiny(clip.Config(layer=layer)), CPU)


def test_in_16_bits_the_rows_are_near_those_in_32() -> None:
    half = clip.build(TINY, Place(device="cpu", precision="bfloat16"))(pictures())
    full = clip.build(TINY, CPU)(pictures())
    for name in full:
        assert half[name].values_TD.dtype == np.float32
        np.testing.assert_allclose(half[name].values_TD, full[name].values_TD, atol=0.2)


def _settings(config: clip.Config) -> dict[str, Any]:
    return {name: getattr(config, name) for name in clip.Config.__dataclass_fields__}
