"""Released files become folders of ours with every tensor accounted for, or nothing happens."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.model import released_files as released
from tests.model.released_files import from_safetensors
from torch import Tensor

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.model import checkpoint
from affectlens.model.config import AffectLMConfig
from affectlens.model.convert.convert import Options, convert
from affectlens.model.convert.original import to_original

_A = released.LAYER.format(i=1) + "q_proj.lora_A.weight"
_OURS_A = "language.model.layers.1.self_attn.q_proj.lora_A.default.weight"
Tensors = dict[str, Tensor]


@pytest.fixture(name="like", scope="module")
def _like(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released.like(tmp_path_factory.mktemp("like"))


@pytest.fixture(name="good")
def _good() -> Tensors:
    return released.drawn(released.tiny_emotion())


def test_a_released_file_becomes_a_folder_tensor_by_tensor(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    unused = released.drawn({**released.head(), **released.buffers(2, 4)})
    file = released.write(tmp_path / "checkpoint_best.pth", good | unused)
    report = convert([file], tmp_path / "out", options=Options(like=like))
    made = load_file(tmp_path / "out" / "trained.safetensors")
    assert len(made) == len(good) == report.tensors
    assert torch.equal(made[_OURS_A], good[_A])
    assert torch.equal(made["connectors.local.linear.weight"], good["feats_llama_proj1.weight"])
    assert torch.equal(made["connectors.temporal.linear.bias"], good["feats_llama_proj2.bias"])
    assert torch.equal(made["connectors.audio.linear.weight"], good["feats_llama_proj3.weight"])
    assert torch.equal(made["connectors.context.linear.weight"], good["cls_tk_llama_proj.weight"])
    assert torch.equal(made["connectors.patches.linear.weight"], good["llama_proj.weight"])
    (source,) = report.sources
    assert set(source.dropped) == set(unused)
    assert set(source.beside) == {"optimizer", "config", "epoch"}
    assert source.sha256 == sha256_of(file)
    assert report.lacks == []


def test_the_manifest_says_what_was_made_of_what(good: Tensors, like: Path, tmp_path: Path) -> None:
    report = from_safetensors(good, tmp_path, like=like)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["conversion"]["sources"][0]["sha256"] == sha256_of(tmp_path / "in.safetensors")
    assert manifest["conversion"]["tensors"] == report.tensors
    assert manifest["conversion"]["date"].startswith("20")
    checked = manifest["files"]["trained.safetensors"]["sha256"]
    assert checked == sha256_of(tmp_path / "out" / "trained.safetensors")
    assert manifest["affectlens"]


def test_names_that_a_later_peft_wrote_mean_the_same(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    renamed = {
        name.replace("lora_A.weight", "lora_A.default.weight").replace(
            "lora_B.weight", "lora_B.default.weight"
        ): tensor
        for name, tensor in good.items()
    }
    assert renamed.keys() != good.keys()
    from_safetensors(renamed, tmp_path, like=like)
    made = load_file(tmp_path / "out" / "trained.safetensors")
    assert torch.equal(made[_OURS_A], good[_A])


def test_each_required_tensor_is_missed_by_its_name(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    for name in good:
        rest = {other: tensor for other, tensor in good.items() if other != name}
        with pytest.raises(InputError, match=rf"1 missing:\n  {name}\n"):
            from_safetensors(rest, tmp_path, like=like, form="emotion_llama")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.safetensors"]


def with_nan(tensor: Tensor) -> Tensor:
    """The same with one value that is no number."""
    spoiled = tensor.clone()
    spoiled.view(-1)[0] = float("nan")
    return spoiled


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("llama_proj.weight", lambda t: t.T.contiguous(), "1 of another shape"),
        ("llama_proj.bias", lambda t: t[None], r"\[1, 32\], wanted \[32\]"),
        (_A, lambda t: t[:3].clone(), "1 of another shape"),
        (_A, Tensor.half, "F16, wanted F32"),
        (_A, Tensor.double, "F64, wanted F32"),
        (_A, Tensor.int, "I32, wanted F32"),
        (_A, with_nan, "1 with values that are not finite"),
        ("cls_tk_llama_proj.bias", lambda t: t / 0, "32 of 32"),
    ],
)
def test_a_tensor_that_is_not_as_it_must_be_stops_and_is_named(
    name: str,
    spoil: Callable[[Tensor], Tensor],
    said: str,
    good: Tensors,
    like: Path,
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        from_safetensors(good | {name: spoil(good[name])}, tmp_path, like=like)
    assert name in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("feats_llama_proj4.weight", "1 extra"),
        ("visual_encoder.cls_token", "1 extra"),
        (_A.replace("lora_A", "lora_A.default"), "1 twice, under two names"),
        (_A.replace("q_proj", "k_proj"), "1 extra"),
        (_A.replace("layers.1", "layers.2"), "1 extra"),
    ],
)
def test_a_tensor_too_many_stops_and_is_named(
    name: str, said: str, good: Tensors, like: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        from_safetensors(good | {name: good[_A].clone()}, tmp_path, like=like)
    assert name in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(good: Tensors, like: Path, tmp_path: Path) -> None:
    wrong = good | {"llama_proj.bias": torch.ones(3), "new.weight": torch.ones(1)}
    del wrong[_A]
    with pytest.raises(InputError) as caught:
        from_safetensors(wrong, tmp_path, like=like)
    for said in ("1 missing", _A, "1 extra", "new.weight", "1 of another shape", "llama_proj.bias"):
        assert said in str(caught.value)


def test_extra_tensors_are_left_out_where_people_name_them(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    more = good | {"probe.0.weight": torch.ones(1), "probe.0.bias": torch.ones(1)}
    report = from_safetensors(more, tmp_path, like=like, drop=("probe.*",))
    assert report.sources[0].dropped == dict.fromkeys(
        ("probe.0.bias", "probe.0.weight"), "asked for"
    )


def test_a_required_tensor_cannot_be_dropped(good: Tensors, like: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 missing"):
        from_safetensors(good, tmp_path, like=like, drop=("llama_proj.*",))


def test_the_older_three_token_weights_need_their_flag(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    older = {name: tensor for name, tensor in good.items() if not name.startswith("cls_tk")}
    with pytest.raises(InputError, match=r"(?s)2 missing:.*cls_tk_llama_proj"):
        from_safetensors(older, tmp_path, like=like)
    report = from_safetensors(older, tmp_path, like=like, without=("context",))
    assert report.tensors == len(older)
    system = AffectLMConfig.from_pretrained(tmp_path / "out").declaration
    assert [one.name for one in system.streams] == ["patches", "local", "temporal", "audio"]
    assert "context" not in system.generation.fields() + system.training.fields()
    assert checkpoint.load(str(tmp_path / "out"), place=released.CPU).model.connectors.keys() == {
        "patches", "local", "temporal", "audio",
    }  # fmt: skip


def test_the_flag_is_not_for_weights_that_have_the_fourth_token(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"(?s)2 extra:.*cls_tk_llama_proj"):
        from_safetensors(good, tmp_path, like=like, without=("context",))


def test_a_stream_that_there_is_not_cannot_be_left_out(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="It has: patches, local"):
        from_safetensors(good, tmp_path, like=like, without=("smell",))


def test_of_several_files_the_later_override(good: Tensors, like: Path, tmp_path: Path) -> None:
    start = released.drawn(released.tiny_minigpt(), seed=1)
    first, last = tmp_path / "minigptv2.safetensors", tmp_path / "Emotion_LLaMA.safetensors"
    save_file(start, first)
    save_file(good, last)
    report = convert([first, last], tmp_path / "a", options=Options(like=like))
    assert [source.form for source in report.sources] == ["minigpt_v2", "emotion_llama"]
    assert len(report.sources[0].overridden) == len(start)
    assert report.sources[1].overridden == []
    made = load_file(tmp_path / "a" / "trained.safetensors")
    assert torch.equal(made[_OURS_A], good[_A])

    report = convert([last, first], tmp_path / "b", options=Options(like=like))
    made = load_file(tmp_path / "b" / "trained.safetensors")
    assert torch.equal(made[_OURS_A], start[_A])
    assert torch.equal(made["connectors.audio.linear.bias"], good["feats_llama_proj3.bias"])
    assert report.tensors == len(good)
    assert len(report.sources[0].overridden) == len(start)


def test_a_part_says_what_it_lacks_and_is_no_model(like: Path, tmp_path: Path) -> None:
    report = from_safetensors(released.drawn(released.tiny_minigpt()), tmp_path, like=like)
    assert report.sources[0].form == "minigpt_v2"
    assert sorted(report.lacks) == sorted(
        f"connectors.{stream}.linear.{what}"
        for stream in ("local", "temporal", "audio", "context")
        for what in ("weight", "bias")
    )
    with pytest.raises(InputError, match=r"connectors\.audio\.linear\.bias"):
        checkpoint.load(str(tmp_path / "out"), place=released.CPU)


def test_a_new_model_starts_from_a_part_and_lists_what_it_drew(like: Path, tmp_path: Path) -> None:
    tensors = released.drawn(released.tiny_minigpt())
    lacks = from_safetensors(tensors, tmp_path, like=like).lacks
    system = AffectLMConfig.from_pretrained(like).declaration
    started = checkpoint.start(system, {"": tmp_path / "out"}, place=released.CPU, seed=3)
    assert sorted(started.drawn) == sorted(lacks)
    now, new = started.model.state_dict(), checkpoint.create(system, place=released.CPU, seed=3)
    assert torch.equal(now[_OURS_A], tensors[_A])
    assert torch.equal(now["connectors.patches.linear.weight"], tensors["llama_proj.weight"])
    for name in started.drawn:
        assert torch.equal(now[name], new.model.state_dict()[name])


def test_a_start_takes_nothing_that_has_no_place(like: Path, tmp_path: Path) -> None:
    from_safetensors(released.drawn(released.tiny_minigpt()), tmp_path, like=like)
    system, part = AffectLMConfig.from_pretrained(like).declaration, tmp_path / "out"
    assert system.lora
    wrong = dataclasses.replace(system, lora=dataclasses.replace(system.lora, rank=2))
    with pytest.raises(InputError, match=r"lora_A.*\[4, 32\] instead of \[2, 32\]"):
        checkpoint.start(wrong, {"": part}, place=released.CPU)
    with pytest.raises(InputError, match=r"left over: .*smell\.connectors\.patches\.linear\.bias"):
        checkpoint.start(system, {"smell.": part}, place=released.CPU)
    with pytest.raises(InputError, match="has no weights"):
        checkpoint.start(system, {"": like}, place=released.CPU)
    (part / "trained.safetensors").write_bytes(b"changed")
    with pytest.raises(InputError, match="not as they were written"):
        checkpoint.start(system, {"": part}, place=released.CPU)


def test_there_and_back_is_exact(good: Tensors, like: Path, tmp_path: Path) -> None:
    from_safetensors(good, tmp_path, like=like)
    written = to_original(tmp_path / "out", tmp_path / "back.pth")
    assert written.form == "emotion_llama"
    back = torch.load(tmp_path / "back.pth", weights_only=True)["model"]
    assert back.keys() == good.keys()
    assert all(torch.equal(back[name], good[name]) for name in good)
    convert([tmp_path / "back.pth"], tmp_path / "again", options=Options(like=like))
    same = [sha256_of(tmp_path / name / "trained.safetensors") for name in ("out", "again")]
    assert same[0] == same[1]


def test_a_model_of_our_own_goes_back_too(like: Path, tmp_path: Path) -> None:
    system = AffectLMConfig.from_pretrained(like).declaration
    made = checkpoint.create(system, place=released.CPU)
    checkpoint.save_trained(*made, tmp_path / "ours")
    assert to_original(tmp_path / "ours", tmp_path / "back.pth").form == "emotion_llama"
    back = torch.load(tmp_path / "back.pth", weights_only=True)["model"]
    assert torch.equal(back[_A], made.model.state_dict()[_OURS_A])


@pytest.mark.parametrize(
    ("without", "form"), [(("feats", "cls_tk"), "minigpt_v2"), (("cls_tk",), "emotion_llama")]
)
def test_parts_and_older_weights_go_back_as_what_they_are(
    without: tuple[str, ...], form: str, good: Tensors, like: Path, tmp_path: Path
) -> None:
    part = {name: tensor for name, tensor in good.items() if not name.startswith(without)}
    older = ("context",) if form == "emotion_llama" else ()
    from_safetensors(part, tmp_path, like=like, without=older)
    assert to_original(tmp_path / "out", tmp_path / "back.pth").form == form
    assert torch.load(tmp_path / "back.pth", weights_only=True)["model"].keys() == part.keys()
