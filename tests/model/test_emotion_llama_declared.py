"""What Emotion-LLaMA's declaration says, and what may be chosen of it."""

from dataclasses import replace

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.model import streams
from affectlens.model.declaration import Lora, System
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.systems.emotion_llama import Config, build
from affectlens.model.tokenizers import load_tokenizer

PAPER = build(Config())
RELEASED = build(Config(compat="released"))


def image(system: System) -> set[str]:
    return {system.stream(name).sources[0].view.of for name in ("patches", "context")}


def test_five_streams_stand_in_the_order_of_the_released_encoder() -> None:
    assert {name: found for name, (found,) in streams.widths(PAPER).items()} == {
        "patches": 1408, "local": 1024, "temporal": 1024, "audio": 1024, "context": 1408,
    }  # fmt: skip
    assert [stream.name for stream in PAPER.streams] == list(streams.widths(PAPER))


def test_faces_are_sixteen_drawn_from_eight_segments() -> None:
    views = [PAPER.stream(name).sources[0].view for name in ("local", "temporal")]
    assert [(view.of, view.count, view.sampling) for view in views] == [("faces", 16, "merr")] * 2


def test_lora_is_that_of_the_paper() -> None:
    assert PAPER.lora == Lora(rank=64, alpha=16, targets=("q_proj", "v_proj"), dropout=0.05)
    assert (PAPER.max_length, dict(PAPER.tokenizer)) == (1024, {"legacy": True})


def test_the_paper_has_one_layout_and_the_peak_frame() -> None:
    assert PAPER.generation == PAPER.training
    assert image(PAPER) == {"peak_frame"}


def test_the_released_code_has_two_layouts_and_the_first_frame() -> None:
    assert RELEASED.training == PAPER.training
    assert RELEASED.generation != PAPER.generation
    assert RELEASED.generation.bos == 2
    assert image(RELEASED) == {"first_frame"}


def test_layout_and_image_are_chosen_by_themselves() -> None:
    mixed = build(Config(compat="released", image="middle_frame", layout="paper"))
    assert image(mixed) == {"middle_frame"}
    assert mixed == replace(PAPER, streams=mixed.streams)
    assert build(Config(layout="released", image="first_frame")) == RELEASED


@pytest.mark.parametrize(
    "wrong",
    [
        {"compat": "old"},
        {"layout": "old"},
        {"image": "last_frame"},
        {"wrap": "old"},
        {"nets": "old"},
    ],
)
def test_a_wrong_choice_is_told_with_the_right_ones(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"is one of .*; got '"):
        Config(**wrong)  # type: ignore[arg-type]


def test_another_language_model_is_asked_in_its_own_template() -> None:
    chat = build(Config(wrap="chat", compat="released"))
    assert (chat.training.wrap, chat.training.end, chat.training.bos) == ("chat", "", 0)
    assert chat.training.first == PAPER.training.first
    assert (chat.generation.first, chat.generation.forget) == (RELEASED.generation.first, None)
    processor = AffectProcessor(load_tokenizer("tiny:qwen2", chat.tokenizer), system=chat)
    turn = Turn(question="Which emotion?", task="emotion", answer="happy")
    ids = processor.row(Example(turns=(turn,)), training=True).ids
    assert processor.tokenizer.decode(ids) == (
        "<s>user\n [emotion] Which emotion? </s>\n<s>assistant\nhappy</s>"
    )


def test_nets_that_anyone_can_have_take_the_place_of_those_that_were_not_published() -> None:
    public = build(Config(nets="public"))
    assert streams.widths(public) == {
        "patches": (1024,), "local": (768,), "audio": (1024,), "context": (768,),
    }  # fmt: skip
    assert {source.encoder.name for one in public.streams for source in one.sources} == {
        "clip", "hubert",
    }  # fmt: skip
    assert "{temporal}" not in "".join((*public.training.first, *public.generation.first))
    assert public.exact != PAPER.exact
    assert build(Config(nets="public", wrap="chat")).streams == public.streams
