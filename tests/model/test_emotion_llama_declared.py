"""What Emotion-LLaMA's declaration says, and what may be chosen of it."""

from dataclasses import replace

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.model import streams
from affectlens.model.declaration import Lora, System
from affectlens.model.systems.emotion_llama import Config, build

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


@pytest.mark.parametrize("wrong", [{"compat": "old"}, {"layout": "old"}, {"image": "last_frame"}])
def test_a_wrong_choice_is_told_with_the_right_ones(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"is one of .*; got '"):
        Config(**wrong)  # type: ignore[arg-type]
