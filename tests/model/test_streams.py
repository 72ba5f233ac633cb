"""What does not fit is told before any weight is loaded: which stream, which part, what it has."""

import subprocess
import sys
from typing import Any

import pytest
import torch

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part, use
from affectlens.model.declaration import Layout, Stream, System
from affectlens.model.streams import connector, joints, widths

FACES = View(of="faces", count=4)
SOUND = View(of="sound")
HUBERT = Source(use("hubert"), SOUND, "states")


def stream(*sources: Source, joint: Part | None = None, name: str = "seen") -> Stream:
    return Stream(name=name, sources=sources, connector=joint or use("pooled_linear"))


def system(*streams: Stream) -> System:
    layout = Layout(
        first=(*(f"{{{one.name}}}" for one in streams), "{question}"), later=("{question}",)
    )
    return System(
        name="made_up",
        paper="none",
        language="tiny:llama",
        streams=streams,
        training=layout,
        generation=layout,
        prompts="emotion_llama",
    )


def test_widths_are_those_of_the_outputs_that_are_taken() -> None:
    two = stream(
        Source(use("tiny", width=7), FACES, "tokens"),
        HUBERT,
        joint=use("conv_attention"),
        name="two",
    )
    assert widths(system(stream(HUBERT), two)) == {"seen": (1024,), "two": (7, 1024)}


def test_every_stream_gets_its_connector_as_wide_as_the_language_model() -> None:
    made = joints(system(stream(HUBERT), stream(HUBERT, joint=use("mlp"), name="heard")), 48)
    assert list(made) == ["seen", "heard"]
    assert {key: tuple(value.shape) for key, value in made.state_dict().items()} == {
        "seen.linear.weight": (48, 1024),
        "seen.linear.bias": (48,),
        "heard.layers.0.weight": (48, 1024),
        "heard.layers.0.bias": (48,),
        "heard.layers.2.weight": (48, 48),
        "heard.layers.2.bias": (48,),
    }


def test_a_connector_can_be_built_without_memory() -> None:
    with torch.device("meta"):
        made = connector(stream(HUBERT, joint=use("qformer")), 4096)
    assert {parameter.device.type for parameter in made.parameters()} == {"meta"}
    assert made.count([300]) == 32


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            stream(Source(use("huber"), SOUND, "states")),
            r"'seen'.*no 'huber' in encoders\.backends\. Did you mean 'hubert'",
        ),
        (
            stream(Source(use("hubert", widths=9), SOUND, "states")),
            r"'seen'.*hubert has no setting 'widths'\. Did you mean 'width'",
        ),
        (
            stream(Source(use("hubert"), SOUND, "cls")),
            r"'seen'.*hubert has no output 'cls'\. It has: states",
        ),
        (
            stream(Source(use("hubert"), FACES, "states")),
            r"'seen'.*hubert is shown sound; the view 'faces' gives pictures",
        ),
        (
            stream(Source(use("eva"), SOUND, "cls")),
            r"'seen'.*eva is shown pictures; the view 'sound' gives sound",
        ),
        (
            stream(Source(use("eva", side=100), FACES, "cls")),
            r"'seen'.*multiple of 14",
        ),
    ],
)
def test_an_encoder_that_does_not_fit_is_told_with_its_stream(wrong: Stream, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        widths(system(wrong))
    with pytest.raises(ConfigError, match=message):
        connector(wrong, 8)


@pytest.mark.parametrize(
    ("sources", "joint", "message"),
    [
        ((HUBERT,), use("merge_liner"), "Did you mean 'merge_linear'"),
        ((HUBERT,), use("merge_linear", groups=4), "no setting 'groups'. Did you mean 'group'"),
        ((HUBERT,), use("merge_linear", group=0), "at least 1 row"),
        ((HUBERT, HUBERT), use("merge_linear"), "takes one source; the stream has 2"),
    ],
)
def test_a_connector_that_does_not_fit_is_told_with_its_stream(
    sources: tuple[Source, ...], joint: Part, message: str
) -> None:
    with pytest.raises(ConfigError, match=rf"'seen'.*{message}"):
        joints(system(stream(*sources, joint=joint)), 8)


def test_a_pictures_encoder_can_be_shown_every_kind_of_picture() -> None:
    views: list[Any] = ["faces", "frames", "peak_frame", "first_frame", "middle_frame"]
    for of in views:
        assert widths(system(stream(Source(use("eva"), View(of=of), "cls")))) == {"seen": (1408,)}


def test_checking_loads_no_language_model_and_no_encoder() -> None:
    code = (
        "import sys\n"
        "from affectlens.model import streams\n"
        "from affectlens.model.systems.emotion_llama_v2 import Config, build\n"
        "streams.widths(build(Config()))\n"
        "heavy = [n for n in sys.modules if n.startswith(('transformers.models.llama', 'peft'))]\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
