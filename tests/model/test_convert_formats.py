"""Each format knows its own files by the names and sizes of the spec, and can go back to them."""

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.model import released_files as released

from affectlens.encoders.backends import eva
from affectlens.encoders.eva_net import EvaVit
from affectlens.encoders.eva_sizes import Sizes
from affectlens.foundation import plugins
from affectlens.foundation.errors import InputError
from affectlens.model.convert import format as formats
from affectlens.model.convert.convert import Options, convert
from affectlens.model.convert.original import to_original

Shapes = dict[str, tuple[int, ...]]
ALL = plugins.names(formats.GROUP)


def wanted(name: str) -> Shapes:
    """What a format requires of a file of the published sizes."""
    form = formats.load(name)
    target = form.target(None)
    named = {form.released(ours): shape for ours, shape in target.shapes.items()}
    return {theirs: shape for theirs, shape in named.items() if theirs is not None}


def test_emotion_llama_wants_the_138_tensors_of_the_spec() -> None:
    spec = {
        **released.lora(32, 64, 4096, 4096),
        **released.linear("llama_proj", 5632, 4096),
        **released.linear("feats_llama_proj1", 1024, 4096),
        **released.linear("feats_llama_proj2", 1024, 4096),
        **released.linear("feats_llama_proj3", 1024, 4096),
        **released.linear("cls_tk_llama_proj", 1408, 4096),
    }
    assert wanted("emotion_llama") == spec
    assert len(spec) == 138
    assert sum(map(math.prod, spec.values())) == 74_993_664


def test_minigpt_wants_lora_and_the_projection_of_patches() -> None:
    spec = {**released.lora(32, 64, 4096, 4096), **released.linear("llama_proj", 5632, 4096)}
    assert wanted("minigpt_v2") == spec


def fusion() -> Shapes:
    """§10.1: the tensors of `conv_pro_module`."""
    shapes: Shapes = {}
    for i, width in enumerate((1280, 1408, 1408)):
        shapes |= released.linear(f"feats_prep.{i}.0", width, 512)
        shapes |= released.linear(f"feats_prep.{i}.3", 512, 128)
    shapes |= released.linear("attention_mlp.0", 384, 512)
    shapes |= released.linear("attention_mlp.3", 512, 128)
    shapes |= released.linear("fc_att", 128, 3)
    shapes |= {"conv_entry.weight": (128, 384, 1), "conv_entry.bias": (128,)}
    for k in range(4):
        block = f"conv_module.conv_blocks.{k}.conv_block.0"
        shapes |= {f"{block}.weight": (128, 128, 3), f"{block}.bias": (128,)}
    return {f"conv_pro_module.{name}": s for name, s in shapes.items()} | released.linear(
        "conv_pro_module.fc_final", 128, 256
    )


def test_emotion_llama_v2_wants_the_tensors_of_the_spec() -> None:
    spec = {
        **released.lora(32, 64, 4096, 4096),
        **released.linear("llama_proj", 5632, 4096),
        **released.linear("llama_proj_video", 1408, 4096),
        **released.linear("llama_proj_audio", 1280, 4096),
        **released.linear("llama_proj_fusion", 256, 4096),
        **fusion(),
    }
    assert wanted("emotion_llama_v2") == spec
    assert sum(map(math.prod, fusion().values())) == 2_838_275
    assert sum(map(math.prod, spec.values())) == 71_536_387


def test_eva_wants_the_names_of_the_spec_at_224_pixels() -> None:
    shapes = wanted("eva")
    assert shapes["pos_embed"] == (1, 257, 1408)
    assert shapes["patch_embed.proj.weight"] == (1408, 3, 14, 14)
    assert shapes["blocks.38.attn.qkv.weight"] == (4224, 1408)
    assert shapes["blocks.0.mlp.fc1.weight"] == (6144, 1408)
    net = {name: shape for name, shape in shapes.items() if not name.startswith("ln_vision")}
    assert sum(map(math.prod, net.values())) + 768 * 1408 == 986_975_872  # 1025 rows for 257


def test_the_q_former_has_the_size_of_blip_2s() -> None:
    shapes = wanted("blip2_qformer")
    assert shapes["query_tokens"] == (1, 32, 768)
    assert shapes["Qformer.bert.encoder.layer.0.crossattention.self.key.weight"] == (768, 1408)
    assert "Qformer.bert.encoder.layer.1.crossattention.self.key.weight" not in shapes


@pytest.mark.parametrize("name", ALL)
def test_a_file_of_a_format_is_recognised_as_that_and_no_other(name: str) -> None:
    assert formats.recognise(wanted(name).keys(), file="x.pth") == name


@pytest.mark.parametrize("name", ALL)
def test_no_two_tensors_of_a_format_share_a_name_and_each_spelling_is_plain(name: str) -> None:
    form = formats.load(name)
    names = [form.released(ours) for ours in form.target(None).shapes]
    known = [one for one in names if one is not None]
    assert len(known) == len(set(known))
    assert [form.plain(one) for one in known] == known


@pytest.mark.parametrize("name", ALL)
def test_a_format_says_what_it_reads(name: str) -> None:
    form = formats.load(name)
    assert ".pth" in form.WHAT
    assert form.DTYPES
    assert not any(why.endswith(".") for why in form.DROPPED.values())


def test_names_of_nothing_known_are_answered_with_what_can_be_read() -> None:
    with pytest.raises(InputError) as caught:
        formats.recognise(["conv1.weight"], file="resnet.pth")
    assert "resnet.pth" in str(caught.value)
    assert all(name in str(caught.value) for name in ALL)


def test_a_file_of_a_whole_model_is_not_guessed() -> None:
    whole = wanted("emotion_llama").keys() | {f"visual_encoder.{name}" for name in wanted("eva")}
    with pytest.raises(InputError, match="emotion_llama and eva"):
        formats.recognise(whole, file="all.pth")


@pytest.fixture(name="small_eva")
def _small_eva() -> dict[str, torch.Tensor]:
    """39 blocks of 8 numbers in halves, as the released file has them, and what nobody uses."""
    net = EvaVit(Sizes(width=8, heads=2, side=28, depth=39))
    tensors = {name: torch.randn(t.shape).half() for name, t in net.state_dict().items()}
    last = {
        name.replace("blocks.38.", "blocks.39."): tensor + 1
        for name, tensor in tensors.items()
        if name.startswith("blocks.38.")
    }
    return tensors | last | {"norm.weight": torch.ones(8), "head.bias": torch.ones(5)}


def eva_like(folder: Path) -> Path:
    """Sizes of `small_eva`."""
    folder.mkdir()
    text = '{"sizes": {"width": 8, "heads": 2, "side": 28, "depth": 39}}'
    (folder / "config.json").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("prefix", ["", "visual_encoder."])
def test_eva_becomes_a_folder_that_its_encoder_loads(
    prefix: str, small_eva: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    tensors = {
        f"{prefix if not n.startswith(('norm', 'head')) else ''}{n}": t
        for n, t in small_eva.items()
    }
    tensors = {n: t for n, t in tensors.items() if prefix == "" or "blocks.39" not in n}
    save_file(tensors, tmp_path / "in.safetensors")
    report = convert(
        [tmp_path / "in.safetensors"],
        tmp_path / "eva_vit_g",
        options=Options(like=eva_like(tmp_path / "like")),
    )
    assert report.lacks == []
    assert {"norm.weight", "head.bias"} <= report.sources[0].dropped.keys()
    config = eva.Config(weights=str(tmp_path / "eva_vit_g"), width=8, heads=2, side=28, depth=39)
    built = eva.build(config, released.CPU)
    assert isinstance(built, eva.Eva)
    assert torch.equal(built.net.blocks[38].attn.q_bias, small_eva["blocks.38.attn.q_bias"].float())


def test_the_norm_behind_eva_is_kept_where_a_file_has_it(
    small_eva: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    norm = {"ln_vision.weight": torch.full((8,), 3.0), "ln_vision.bias": torch.ones(8)}
    save_file(small_eva | norm, tmp_path / "in.safetensors")
    like = eva_like(tmp_path / "like")
    convert([tmp_path / "in.safetensors"], tmp_path / "out", options=Options(like=like))
    config = eva.Config(
        weights=str(tmp_path / "out"), width=8, heads=2, side=28, depth=39, ln_vision="file"
    )
    built = eva.build(config, released.CPU)
    assert isinstance(built, eva.Eva)
    assert built.ln_vision.weight.tolist() == [3.0] * 8


def test_eva_goes_back_as_a_plain_dict(small_eva: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(small_eva, tmp_path / "in.safetensors")
    like = eva_like(tmp_path / "like")
    convert([tmp_path / "in.safetensors"], tmp_path / "out", options=Options(like=like))
    assert to_original(tmp_path / "out", tmp_path / "eva_vit_g.pth").form == "eva"
    back = torch.load(tmp_path / "eva_vit_g.pth", weights_only=True)
    assert back.keys() == {n for n in small_eva if not n.startswith(("norm", "head", "blocks.39"))}
    assert back["pos_embed"].dtype == torch.float16


@pytest.mark.parametrize("system", ["emotion_llama", "emotion_llama_v2"])
def test_trained_tensors_of_a_system_go_there_and_back(system: str, tmp_path: Path) -> None:
    like = released.like(tmp_path / "like", system)
    form = formats.load(system)
    target = form.target(like)
    names = {ours: str(form.released(ours)) for ours in target.shapes}
    first = released.drawn({names[ours]: shape for ours, shape in target.shapes.items()})
    save_file(first, tmp_path / "in.safetensors")
    convert([tmp_path / "in.safetensors"], tmp_path / "out", options=Options(like=like))
    assert to_original(tmp_path / "out", tmp_path / "back.pth").form == system
    back = torch.load(tmp_path / "back.pth", weights_only=True)["model"]
    assert back.keys() == first.keys()
    assert all(torch.equal(back[name], first[name]) for name in first)
