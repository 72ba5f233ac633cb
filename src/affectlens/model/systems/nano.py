"""nano: Emotion-LLaMA's architecture at the size of a laptop.

Speech, faces and their movement, a few tokens each, before a language model of 135 M parameters.
The label is asked for first, without clues; then, in a second turn that shows what was measured,
the reasons for it: so what is explained is the label that was scored. docs/nano.md has what was
tried; no paper describes it.
"""

from dataclasses import dataclass

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.part import use
from affectlens.model.declaration import Layout, Lora, Stream, System

_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_LAYOUT = Layout(
    first=(
        "Voice: {sound}\n",
        "Face: {face}{dynamics}\n",
        "Words: {subtitle}\n",
        "{question}",
    ),
    later=("Signs: {clues}\n", "{question}"),
    # SmolLM2's own template without its system turn, which would be a third of a prompt.
    wrap="<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    bos=0,
    end="{eos}",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Layers of Whisper, faces at most, LoRA's rank, weights of the face net."""

    layers: tuple[int, ...] = (3, 4, 5)
    faces: int = 16
    rank: int = 16
    face: str = "./encoders/face"  # beside the model; a school makes them
    language: str = "carried:smollm2-135m-instruct"


def build(config: Config) -> System:
    """The declaration."""
    whisper = use(
        "whisper", weights="carried:whisper-base", width=512, layers=config.layers, pad="none"
    )
    faces = View(of="faces", count=config.faces)
    return System(
        name="nano",
        paper="none: ours, after Emotion-LLaMA (NeurIPS 2024)",
        language=config.language,
        streams=(
            Stream(
                name="sound",
                sources=(Source(whisper, View(of="sound"), "tenths"),),
                connector=use("attended"),
            ),
            Stream(
                name="face",
                sources=(Source(use("face_cnn", weights=config.face), faces, "tokens"),),
                connector=use("stats"),
            ),
            Stream(
                name="dynamics",
                sources=(Source(use("trajectory"), View(of="measures"), "measures"),),
                connector=use("trajectory"),
            ),
        ),
        training=_LAYOUT,
        generation=_LAYOUT,
        prompts="nano",
        lora=Lora(rank=config.rank, alpha=2 * config.rank, targets=_TARGETS),
        max_length=160,
        licence="CC BY-NC-SA 4.0, as what it learned from; the language model is Apache-2.0.",
        exact="Ours: it reconstructs no published model.",
    )
