"""AffectGPT (ICML 2025): faces, sound and both joined are a token each, affectgpt-emer.md §3.2.

`compat` "paper" begins prompts alike in training and generation; "released" generates without the
begin-of-sequence token that training has, as the released code does, and its weights expect.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import use
from affectlens.model.declaration import Layout, Lora, Stream, System

Compat = Literal["paper", "released"]
Pictures = Literal["faces", "frames"]

_SHOWN = {
    "faces": (
        "Meanwhile, we uniformly sample raw frames from the video and extract faces from these "
        "frames: <Video>{pictures}</Video>. "
    ),
    "frames": (
        "Meanwhile, we uniformly sample raw frames from the video: <Video>{pictures}</Video>. "
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What can be chosen; `pictures` "faces" is the best published model, "frames" its sibling."""

    compat: Compat = "paper"
    pictures: Pictures = "faces"
    language: str = "Qwen/Qwen2.5-7B-Instruct"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("compat", self.compat, get_args(Compat)),
            ("pictures", self.pictures, get_args(Pictures)),
        ):
            if value not in known:
                raise ConfigError(
                    f"AffectGPT's {name} is one of {', '.join(known)}; got {value!r}."
                )


def build(config: Config) -> System:
    """The declaration."""
    layout = _layout(config.pictures)
    return System(
        name="affectgpt",
        paper="AffectGPT: A New Dataset, Model, and Benchmark (ICML 2025)",
        language=config.language,
        streams=_streams(config.pictures),
        training=layout,
        generation=replace(layout, bos=0) if config.compat == "released" else layout,
        prompts="affectgpt",
        lora=Lora(
            rank=16,
            alpha=32,
            targets=(
                "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
            ),
            dropout=0.05,
        ),
        max_length=1024,
        tokenizer={"bos": "<|im_start|>"},
        licence=(
            "Weights: the repository says both Apache-2.0 and non-commercial use only; the videos "
            "need the agreements of MER2023 to MER2025. They are not ours and are not shipped."
        ),
        exact=(
            "Exact: encoders, views, connectors, LoRA, sentences, instructions and answers. "
            "Different: faces are RGB, while the released face weights were trained on BGR ones; "
            "faces are aligned by us at 224 px, not by OpenFace at 112; sound shorter than 2 s is "
            "heard as it is, not filled up with zeros; in training, HuBERT's input is brought to "
            "one loudness over the clip's segments, not over those of the whole batch, and the "
            "frozen nets have no dropout; a sentence whose stream or subtitle is absent is left "
            "out. The projection for still images (2,756,096 parameters of the released files) "
            "is left out: no prompt with video reaches it. Later turns of a conversation are ours."
        ),
    )  # fmt: skip


def _layout(pictures: Pictures) -> Layout:
    return Layout(
        first=(
            "The audio and video merged info is: <Multi>{multi}</Multi>. ",
            "The audio content is as follows: <Audio>{audio}</Audio>. ",
            _SHOWN[pictures],
            "The subtitle of this video is: <Subtitle>{subtitle}</Subtitle>. ",
            "Now, please answer my question based on all the provided information. ",
            "{question} ",
        ),
        later=("{question} ",),
        wrap="###Human: {}###Assistant: ",
        bos=1,
        end="###{eos}",
    )


def _streams(pictures: Pictures) -> tuple[Stream, ...]:
    """In the order of their tokens: both joined, sound, pictures."""
    seen = Source(
        use("clip", weights="openai/clip-vit-large-patch14"),
        View(of=pictures, count=8, sampling="spread"),
        "pooled",
    )
    # The mean of the last four states over each of 8 segments; loudness is that of all together.
    hubert = use(
        "hubert",
        weights="TencentGameMate/chinese-hubert-large",
        layers=(-4, -3, -2, -1),
        pool="mean",
        normalise="clip",
    )
    heard = Source(hubert, View(of="sound", count=8, segment_s=2.0), "states")
    gated = use("gated_pool")
    return (
        Stream(name="multi", sources=(seen, heard), connector=use("gated_fusion")),
        Stream(name="audio", sources=(heard,), connector=gated),
        Stream(name="pictures", sources=(seen,), connector=gated),
    )
