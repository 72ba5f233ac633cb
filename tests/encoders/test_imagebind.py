"""ImageBind: sizes and names as released, both kinds of input, strict loading."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from affectlens.encoders import imagebind_net, imagebind_states, pixels
from affectlens.encoders.backends import imagebind
from affectlens.encoders.imagebind_net import HUGE, PICTURES, SOUND, TINY, ImageBind
from affectlens.encoders.imagebind_states import ImageBindStates
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu")
CONFIG = imagebind.tiny(imagebind.Config())


def noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).standard_normal(int(seconds * 16000), np.float32)
    return samples * np.float32(0.1)


def waves(*samples: NDArray[np.float32]) -> Waves:
    return Waves(samples, np.arange(len(samples), dtype=np.float64) * 10)


def pictures(count: int) -> Pictures:
    rng = np.random.default_rng(0)
    rgb_THWC = rng.integers(0, 256, (count, 60, 80, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.arange(count) / 2)


def built(config: imagebind.Config = CONFIG) -> ImageBindStates:
    return cast(ImageBindStates, imagebind.build(config, CPU))


def test_the_huge_trunks_have_the_published_sizes_and_names() -> None:
    with torch.device("meta"):
        net = ImageBind(HUGE, 1024)
    counts = {
        kind: sum(p.numel() for name, p in net.named_parameters() if f".{kind}." in name)
        for kind in HUGE
    }
    assert counts == {PICTURES: 632_829_440, SOUND: 86_235_648}
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    some = {
        "modality_preprocessors.vision.cls_token": (1, 1, 1280),
        "modality_preprocessors.vision.rgbt_stem.proj.1.weight": (1280, 3, 2, 14, 14),
        "modality_preprocessors.vision.pos_embedding_helper.pos_embed": (1, 257, 1280),
        "modality_trunks.vision.pre_transformer_layer.0.weight": (1280,),
        "modality_trunks.vision.blocks.31.attn.in_proj_weight": (3840, 1280),
        "modality_trunks.vision.blocks.31.mlp.fc1.weight": (5120, 1280),
        "modality_heads.vision.0.weight": (1280,),
        "modality_heads.vision.2.weight": (1024, 1280),
        "modality_preprocessors.audio.rgbt_stem.proj.weight": (768, 1, 16, 16),
        "modality_preprocessors.audio.rgbt_stem.norm_layer.weight": (768,),
        "modality_preprocessors.audio.pos_embedding_helper.pos_embed": (1, 229, 768),
        "modality_trunks.audio.blocks.11.attn.bias_k": (1, 1, 768),
        "modality_trunks.audio.blocks.11.attn.out_proj.bias": (768,),
        "modality_trunks.audio.blocks.11.norm_2.bias": (768,),
        "modality_heads.audio.2.weight": (1024, 768),
        "modality_postprocessors.audio.1.log_logit_scale": (),
    }
    assert {name: shapes.get(name) for name in some} == some
    assert "modality_trunks.audio.pre_transformer_layer.0.weight" not in shapes
    assert len(shapes) == 4 + 2 + 32 * 12 + 3 - 1 + 5 + 12 * 14 + 3 + 1


def test_the_huge_trunks_take_a_picture_and_two_seconds() -> None:
    with torch.device("meta"), torch.inference_mode():
        net = ImageBind(HUGE, 1024).eval()
        for kind, given, tokens in (
            (PICTURES, torch.empty(2, 3, 224, 224), 257),
            (SOUND, torch.empty(2, 1, 128, 204), 229),
        ):
            tokens_BTE, pooled_BE = net(kind, given)
            assert tokens_BTE.shape == (2, tokens, 1024)
            assert pooled_BE.shape == (2, 1024)


def test_two_seconds_of_sound_give_one_pooled_row_of_length_20() -> None:
    found = built()(waves(noise(2), noise(2, 1)))
    assert found["pooled"].values_TD.shape == (2, 32)
    assert found["pooled"].times_T.tolist() == [1.0, 11.0]
    lengths = np.linalg.norm(found["pooled"].values_TD, axis=1)
    np.testing.assert_allclose(lengths, 20, rtol=1e-5)
    heads = found["head"].values_TD
    expected = 20 * heads / np.linalg.norm(heads, axis=1, keepdims=True)
    np.testing.assert_allclose(found["pooled"].values_TD, expected, rtol=1e-4)
    assert np.abs(heads[0] - heads[1]).max() > 0.01


def test_patches_of_sound_are_in_order_of_time_and_end_with_it() -> None:
    states = built()(waves(noise(2), noise(0.95)))["states"]
    assert len(states.values_TD) == 12 * (19 + 10)  # bands by steps of 100 ms
    assert (np.diff(states.times_T) >= 0).all()
    assert states.times_T[0] == pytest.approx(0.08)
    assert states.times_T[12] == pytest.approx(0.18)


def test_longer_sound_is_heard_whole_and_rounding_makes_no_piece() -> None:
    pooled = built()(waves(noise(5), noise(2 + 1e-3)))["pooled"]
    assert pooled.times_T.tolist() == pytest.approx([1.0, 3.0, 4.5, 11.0])


def test_a_piece_has_the_same_output_alone_and_beside_others() -> None:
    encoder = built()
    many = [noise(2, seed) for seed in range(10)]
    together = encoder(waves(*many))["pooled"].values_TD
    np.testing.assert_allclose(
        together[9], encoder(waves(many[9]))["pooled"].values_TD[0], atol=1e-4
    )


def test_pictures_give_a_row_of_length_1_and_their_patches() -> None:
    encoder, shown = built(), pictures(9)
    found = encoder(shown)
    how = pixels.Preparation(side=224, mean_std="clip", fit="crop")
    ready = torch.from_numpy(pixels.prepared(shown.rgb_THWC[:1], how))
    with torch.inference_mode():
        tokens_BTE, _ = encoder._net(PICTURES, ready)
    np.testing.assert_allclose(found["head"].values_TD[0], tokens_BTE[0, 0], atol=1e-5)
    np.testing.assert_allclose(found["states"].values_TD[:16], tokens_BTE[0, 1:], atol=1e-5)
    assert found["pooled"].values_TD.shape == (9, 32)
    np.testing.assert_allclose(np.linalg.norm(found["pooled"].values_TD, axis=1), 1, rtol=1e-5)
    assert found["states"].values_TD.shape == (9 * 16, 32)
    np.testing.assert_array_equal(found["states"].times_T, np.repeat(np.arange(9) / 2, 16))


def test_half_precision_is_near_full() -> None:
    half = cast(ImageBindStates, imagebind.build(CONFIG, Place(device="cpu", precision="bfloat16")))
    for shown in (waves(noise(2)), pictures(1)):
        exact, near = built()(shown)["pooled"].values_TD, half(shown)["pooled"].values_TD
        assert near.dtype == np.float32
        assert (exact * near).sum() > 0.99 * np.linalg.norm(exact) * np.linalg.norm(near)


def test_mel_energies_are_filled_with_nothing_and_scaled() -> None:
    mel_MF = imagebind_states.heard(noise(2), 128, 204)
    assert mel_MF.shape == (128, 204)
    np.testing.assert_allclose(mel_MF[:, 198:], 4.268 / 9.138, rtol=1e-6)
    louder_MF = imagebind_states.heard(10 * noise(2) + 0.3, 128, 204)
    gain_MF = (louder_MF - mel_MF)[10:, :198]  # among the lowest bands one is empty
    np.testing.assert_allclose(gain_MF, np.log(100) / 9.138, atol=1e-3)


def test_a_trunk_that_was_left_out_is_not_there() -> None:
    hearing = built(imagebind.Config(weights="tiny", width=32, trunks=("sound",)))
    assert not [name for name, _ in hearing._net.named_parameters() if ".vision." in name]
    with pytest.raises(ConfigError, match="pictures"):
        hearing(pictures(1))
    with pytest.raises(ConfigError, match="smell"):
        imagebind.Config(trunks=("smell",))


def test_a_released_file_loads_and_only_other_modalities_may_be_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagebind_states, "HUGE", TINY)  # its names at a size for tests
    torch.manual_seed(0)
    tensors = ImageBind(TINY, 32).state_dict()
    for name, tensor in tensors.items():
        tensors[name] = tensor + 0.1 * torch.randn_like(tensor)
    path = tmp_path / "model.safetensors"
    others = {
        "modality_preprocessors.text.pos_embed": torch.zeros(1),
        "modality_trunks.imu.blocks.0.norm_1.weight": torch.zeros(1),
        "modality_postprocessors.depth.1.log_logit_scale": torch.zeros(1),
    }
    save_file({**tensors, **others}, path)
    config = imagebind.Config(weights=str(tmp_path), width=32)
    found = built(config)
    scale = tensors["modality_postprocessors.audio.1.log_logit_scale"].exp().item()
    pooled = found(waves(noise(2)))["pooled"].values_TD
    assert np.linalg.norm(pooled) == pytest.approx(scale, rel=1e-4)
    hearing = built(imagebind.Config(weights=str(tmp_path), width=32, trunks=("sound",)))
    np.testing.assert_array_equal(hearing(waves(noise(2)))["pooled"].values_TD, pooled)
    with pytest.raises(ConfigError, match="32"):
        built(imagebind.Config(weights=str(tmp_path)))
    save_file({**tensors, "modality_trunks.taste.x": torch.zeros(1)}, path)
    with pytest.raises(InputError, match=r"modality_trunks\.taste\.x"):
        built(config)
    save_file({name: t for name, t in tensors.items() if "bias_k" not in name}, path)
    with pytest.raises(InputError, match=r"missing: .*bias_k"):
        built(config)


def test_parts_of_other_modalities_are_told_by_their_names() -> None:
    assert imagebind_net.is_other("modality_heads.thermal.0.weight", (SOUND,))
    assert imagebind_net.is_other("modality_heads.vision.0.weight", (SOUND,))
    assert not imagebind_net.is_other("modality_heads.audio.0.weight", (SOUND,))
    assert not imagebind_net.is_other("heads.text.weight", (SOUND,))
