"""EVA ViT-g/14: the numbers of another implementation, strict loading, positions, rows."""

# T pictures, K tokens of one picture, D width

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from affectlens.encoders import random_weights
from affectlens.encoders.backends import eva
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.eva_net import EvaVit, repositioned
from affectlens.encoders.eva_sizes import Sizes
from affectlens.encoders.pixels import Preparation, prepared
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError

CPU = Place(device="cpu", precision="float32")
TINY = eva.tiny(eva.Config())
SMALL = Sizes(width=32, side=56, depth=2, heads=2)


def pictures(count: int = 3, seed: int = 0) -> Pictures:
    rng = np.random.default_rng(seed)
    rgb_THWC = rng.integers(0, 256, (count, 40, 60, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.arange(count) / 4)


def net(sizes: Sizes = SMALL) -> EvaVit:
    made = EvaVit(sizes)
    random_weights.fill(made)
    for name, parameter in made.named_parameters():  # the filling leaves biases at zero
        if name.endswith("bias"):
            nn.init.uniform_(parameter, -0.5, 0.5, torch.Generator().manual_seed(len(name)))
    return made.requires_grad_(requires_grad=False)


def blip(made: EvaVit, side: int) -> Any:
    """The same weights in the class of `transformers`, which has a fused bias and a last norm."""
    from transformers import Blip2VisionConfig, Blip2VisionModel

    config = Blip2VisionConfig(
        hidden_size=32,
        intermediate_size=int(32 * 4.3637),
        num_hidden_layers=len(made.blocks),
        num_attention_heads=2,
        image_size=side,
        patch_size=14,
        layer_norm_eps=1e-6,
    )
    theirs = Blip2VisionModel(config).eval()
    names = {
        "cls_token": "embeddings.class_embedding",
        "pos_embed": "embeddings.position_embedding",
        "patch_embed.proj": "embeddings.patch_embedding",
        "blocks": "encoder.layers",
        "norm": "layer_norm",
        "attn.proj": "self_attn.projection",
        "attn": "self_attn",
    }
    state = dict(made.state_dict())
    for i in range(len(made.blocks)):
        q_D, v_D = state.pop(f"blocks.{i}.attn.q_bias"), state.pop(f"blocks.{i}.attn.v_bias")
        state[f"blocks.{i}.attn.qkv.bias"] = torch.cat([q_D, torch.zeros_like(v_D), v_D])
    pattern = re.compile("|".join(re.escape(name) for name in names))
    renamed = {pattern.sub(lambda m: names[m[0]], name): t for name, t in state.items()}
    ones = {"post_layernorm.weight": torch.ones(32), "post_layernorm.bias": torch.zeros(32)}
    theirs.load_state_dict(renamed | ones)
    theirs.post_layernorm.eps = 1e-5
    return theirs


def save(folder: Path, tensors: dict[str, Tensor]) -> eva.Config:
    save_file({name: t.contiguous() for name, t in tensors.items()}, folder / "model.safetensors")
    return eva.Config(weights=str(folder), width=32, side=56, depth=2, heads=2)


def released(sizes: Sizes = SMALL) -> dict[str, Tensor]:
    """As the released file: in 16 bits, one block more than is used, and a classifier's head."""
    longer = Sizes(width=sizes.width, side=sizes.side, depth=sizes.depth + 1, heads=sizes.heads)
    more = {"fc_norm.weight": torch.ones(32), "head.weight": torch.ones(5, 32)}
    return {name: t.half() for name, t in (net(longer).state_dict() | more).items()}


def rows(encoder: Encoder, shown: Pictures) -> torch.Tensor:
    """All tokens of all pictures (TKD), class token first."""
    given = encoder(shown)
    patches_TKD = given["patches"].values_TD.reshape(len(shown.times_T), -1, 32)
    return torch.from_numpy(np.concatenate([given["cls"].values_TD[:, None], patches_TKD], axis=1))


def test_the_net_gives_the_numbers_of_blip2s_class() -> None:
    pixels_BCHW = torch.randn(3, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    made = net()
    theirs_TKD = blip(made, 56)(pixels_BCHW).last_hidden_state
    ours_TKD = nn.functional.layer_norm(made(pixels_BCHW), (32,), eps=1e-5)
    assert theirs_TKD.std() > 0.5
    torch.testing.assert_close(ours_TKD, theirs_TKD, atol=1e-5, rtol=1e-5)


def test_at_448_pixels_it_has_the_published_number_of_parameters_and_names() -> None:
    with torch.device("meta"):
        made = EvaVit(eva.Config())
    assert sum(p.numel() for p in made.parameters()) == 986_975_872
    shapes = {name: tuple(t.shape) for name, t in made.state_dict().items()}
    assert shapes["pos_embed"] == (1, 1025, 1408)
    assert shapes["patch_embed.proj.weight"] == (1408, 3, 14, 14)
    assert shapes["blocks.38.attn.qkv.weight"] == (4224, 1408)
    assert shapes["blocks.0.attn.v_bias"] == (1408,)
    assert shapes["blocks.0.mlp.fc1.weight"] == (6144, 1408)
    one = {name.split(".", 2)[2] for name in shapes if name.startswith("blocks.0.")}
    norms = {f"norm{i}.{kind}" for i in (1, 2) for kind in ("weight", "bias")}
    attention = {
        f"attn.{x}" for x in ("q_bias", "v_bias", "qkv.weight", "proj.weight", "proj.bias")
    }
    assert one == norms | attention | {f"mlp.fc{i}.{k}" for i in (1, 2) for k in ("weight", "bias")}
    assert len(shapes) == 4 + 39 * len(one)


def test_another_grid_keeps_the_class_row_and_interpolates_the_others() -> None:
    flat_1TD = torch.full((1, 17, 8), 3.0)
    flat_1TD[:, 0] = 7
    grown_1TD = repositioned(flat_1TD.half(), 8)
    assert grown_1TD.dtype == torch.float32
    assert grown_1TD.shape == (1, 65, 8)
    torch.testing.assert_close(grown_1TD[:, 0], torch.full((1, 8), 7.0))
    torch.testing.assert_close(grown_1TD[:, 1:], torch.full((1, 64, 8), 3.0))
    same_1TD = torch.randn(1, 17, 8)
    assert torch.equal(repositioned(same_1TD, 4), same_1TD)
    with pytest.raises(ValueError, match="no square"):
        repositioned(torch.zeros(1, 18, 8), 4)


def test_a_released_file_loads_at_twice_its_side_as_blip2s_class_interpolates(
    tmp_path: Path,
) -> None:
    tensors = released()
    config = save(tmp_path, tensors)
    big = eva.Config(weights=config.weights, width=32, side=112, depth=2, heads=2)
    shown = pictures()
    ours_TKD = rows(eva.build(big, CPU), shown)
    made = EvaVit(SMALL)
    made.load_state_dict({n: t.float() for n, t in tensors.items() if n in made.state_dict()})
    how = Preparation(side=112, mean_std="clip")
    pixels_TCHW = torch.from_numpy(prepared(shown.rgb_THWC, how))
    theirs = blip(made.requires_grad_(requires_grad=False), 56)
    theirs_TKD = theirs(pixels_TCHW, interpolate_pos_encoding=True).last_hidden_state
    assert ours_TKD.shape == (3, 65, 32)
    torch.testing.assert_close(ours_TKD, theirs_TKD, atol=1e-5, rtol=1e-5)


def test_every_patch_has_its_pictures_time_and_one_picture_alone_the_same_numbers() -> None:
    encoder, shown = eva.build(TINY, CPU), pictures(11)
    given = encoder(shown)
    assert {n: f.values_TD.shape[1] for n, f in given.items()} == dict(eva.outputs(TINY))
    assert given["patches"].times_T.tolist() == np.repeat(shown.times_T, 16).tolist()
    assert given["cls"].times_T.tolist() == shown.times_T.tolist()
    alone = encoder(Pictures(shown.rgb_THWC[9:10], shown.times_T[9:10]))
    for name, share in (("patches", slice(144, 160)), ("cls", slice(9, 10))):
        ours_TD, theirs_TD = alone[name].values_TD, given[name].values_TD[share]
        np.testing.assert_allclose(ours_TD, theirs_TD, atol=1e-5)


def test_the_last_norm_is_untrained_unless_the_files_own_is_asked_for(tmp_path: Path) -> None:
    norm = {"ln_vision.weight": torch.full((32,), 2.0), "ln_vision.bias": torch.full((32,), 0.5)}
    config = save(tmp_path, dict(net().state_dict()) | norm)
    plain_TKD = rows(eva.build(config, CPU), pictures())
    torch.testing.assert_close(plain_TKD.mean(-1), torch.zeros(3, 17), atol=1e-5, rtol=0)
    own = eva.Config(**{**_settings(config), "ln_vision": "file"})
    torch.testing.assert_close(rows(eva.build(own, CPU), pictures()), plain_TKD * 2 + 0.5)
    (tmp_path / "without").mkdir()
    bare = save(tmp_path / "without", dict(net().state_dict()))
    with pytest.raises(InputError, match=r"ln_vision.*bias, weight"):
        eva.build(eva.Config(**{**_settings(bare), "ln_vision": "file"}), CPU)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("blocks.1.attn.q_bias", None), r"missing: blocks\.1\.attn\.q_bias"),
        (("pos_embed", None), r"missing: pos_embed"),
        (("blocks.7.norm1.weight", torch.ones(32)), r"blocks\.7\.norm1\.weight"),
        (("blocks.0.mlp.fc1.bias", torch.ones(7)), r"fc1\.bias \[7\] instead of \[139\]"),
        (("pos_embed", torch.ones(1, 19, 32)), "no square"),
    ],
)
def test_a_file_that_is_not_evas_stops_with_a_list(
    tmp_path: Path, change: tuple[str, Tensor | None], told: str
) -> None:
    name, tensor = change
    tensors = {n: t for n, t in released().items() if n != name}
    config = save(tmp_path, tensors | ({} if tensor is None else {name: tensor}))
    with pytest.raises(InputError, match=told):
        eva.build(config, CPU)


def test_weights_of_another_width_stop_and_those_that_are_not_there_too(tmp_path: Path) -> None:
    config = save(tmp_path, released())
    with pytest.raises(ConfigError, match=r"width 32.* 64"):
        eva.build(eva.Config(**{**_settings(config), "width": 64}), CPU)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnavailableError):
        eva.build(eva.Config(weights=str(tmp_path / "empty")), CPU)


def test_without_the_file_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"models convert eva_vit_g\.pth"):
        eva.build(eva.Config(), CPU)


@pytest.mark.parametrize(
    "wrong", [{"side": 450}, {"heads": 3}, {"mean_std": "none"}, {"ln_vision": "auto"}]
)
def test_settings_that_cannot_be_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        eva.Config(**wrong)


def test_in_16_bits_only_layers_are_and_the_rows_are_near_those_in_32() -> None:
    half = eva.build(TINY, Place(device="cpu", precision="bfloat16"))
    assert isinstance(half, eva.Eva)
    low = {n for n, p in half.net.named_parameters() if p.dtype == torch.bfloat16}
    assert "blocks.0.attn.qkv.weight" in low
    assert "patch_embed.proj.weight" in low
    assert not {n for n in low if re.search(r"cls_token|pos_embed|norm|[qv]_bias", n)}
    full_TKD = rows(eva.build(TINY, CPU), pictures())
    near_TKD = rows(half, pictures())
    assert near_TKD.dtype == torch.float32
    assert (near_TKD - full_TKD).abs().max() < 0.1


def test_mean_and_deviation_are_those_of_the_setting() -> None:
    other = eva.Config(**{**_settings(TINY), "mean_std": "imagenet"})
    first_TKD, second_TKD = (rows(eva.build(c, CPU), pictures()) for c in (TINY, other))
    assert not torch.allclose(first_TKD, second_TKD, atol=1e-3)


def _settings(config: eva.Config) -> dict[str, Any]:
    return {name: getattr(config, name) for name in eva.Config.__dataclass_fields__}
