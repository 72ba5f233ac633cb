"""Emotion-LLaMA-v2 has the sizes, tokens and prompt of its code (specs/emotion-llama.md §10.1)."""

import pytest
import torch
from torch import nn

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import configured
from affectlens.model.connector import Connector
from affectlens.model.streams import joints, widths
from affectlens.model.systems.emotion_llama_v2 import Config, build

ROWS = {"fusion": (1500, 1, 4096), "image": (1024,), "video": (4096,), "audio": (1500,)}


def connectors() -> dict[str, Connector]:
    """At the width of Llama-2-7b, without memory."""
    with torch.device("meta"):
        return dict(joints(build(Config()), 4096).items())  # type: ignore[arg-type]


def parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_it_has_the_published_numbers_of_parameters() -> None:
    made = connectors()
    linears = {name: one.get_submodule("linear") for name, one in made.items()}
    shapes = {name: tuple(net.state_dict()["weight"].shape) for name, net in linears.items()}
    assert shapes == {
        "fusion": (4096, 256), "image": (4096, 5632), "video": (4096, 1408), "audio": (4096, 1280),
    }  # fmt: skip
    projected = sum(map(parameters, linears.values()))
    assert projected == 35_143_680
    assert sum(map(parameters, made.values())) - projected == 2_838_275


def test_the_fusion_bears_the_published_names() -> None:
    linear = {"feats_prep.0.0", "feats_prep.2.3", "attention_mlp.3", "fc_att", "conv_entry",
              "conv_module.conv_blocks.0.conv_block.0", "conv_module.conv_blocks.3.conv_block.0",
              "fc_final"}  # fmt: skip
    names = set(connectors()["fusion"].state_dict())
    assert {f"{name}.{kind}" for name in linear for kind in ("weight", "bias")} < names


def test_a_clip_is_448_tokens() -> None:
    counts = {name: one.count(ROWS[name]) for name, one in connectors().items()}
    assert list(counts.items()) == [("fusion", 64), ("image", 256), ("video", 64), ("audio", 64)]


def test_published_folders_of_averaged_features_fit_as_well() -> None:
    made = connectors()
    assert made["fusion"].count((64, 1, 64)) == 64
    assert made["video"].count((64,)) == made["audio"].count((64,)) == 64


def test_the_encoders_are_as_wide_as_published() -> None:
    assert widths(build(Config())) == {
        "fusion": (1280, 1408, 1408), "image": (1408,), "video": (1408,), "audio": (1280,),
    }  # fmt: skip


def test_pictures_are_of_448_and_224_pixels_and_the_video_is_16_of_them_in_succession() -> None:
    system = build(Config())
    image, video = (system.stream(name).sources[0] for name in ("image", "video"))
    assert configured("encoders.backends", image.encoder)[1].side == 448
    assert configured("encoders.backends", video.encoder)[1].side == 224
    assert (video.view.count, video.view.sampling) == (16, "run")
    assert image.view.of == "peak_frame"
    assert system.stream("fusion").sources[1:] == (
        type(image)(image.encoder, image.view, "cls"),
        video,
    )


def test_all_tokens_stand_at_the_place_of_the_video() -> None:
    layout = build(Config()).training
    written = layout.wrap.format("".join(layout.first))
    said = "The person in video says: {subtitle}  [{task}] {question}  [/INST]"
    assert written == f"[INST] <Vid>{{fusion}}{{image}}{{video}}{{audio}}</Vid> {said}"


def test_the_released_code_begins_twice_and_shows_the_first_frame_at_inference_only() -> None:
    paper, released = build(Config()), build(Config(compat="released"))
    assert (paper.generation, released.training) == (paper.training, paper.training)
    assert (paper.generation.bos, released.generation.bos) == (1, 2)
    assert released.stream("image").sources[0].view.of == "first_frame"
    kept = build(Config(compat="released", image="middle_frame"))
    assert kept.stream("fusion").sources[1].view.of == "middle_frame"


@pytest.mark.parametrize("setting", [{"compat": "v1"}, {"image": "last_frame"}])
def test_a_choice_that_is_none_is_refused(setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="is one of"):
        Config(**setting)  # type: ignore[arg-type]
