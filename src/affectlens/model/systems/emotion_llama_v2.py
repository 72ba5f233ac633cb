"""Emotion-LLaMA-v2 (arXiv 2601.16449): no face nets, pre-fusion of sound and pictures, spec §10.1.

`compat` "paper" shows the peak frame and begins once; "released" is what the released code does at
inference: the first frame and a doubled begin. `image` chooses the frame by itself. The subtitle's
sentence is that of stage 2, without a full stop of its own.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import use
from affectlens.model.declaration import Layout, Lora, Stream, System

Compat = Literal["paper", "released"]
Image = Literal["peak_frame", "first_frame", "middle_frame"]

_LAYOUT = Layout(
    first=(
        "<Vid>{fusion}{image}{video}{audio}</Vid> ",
        "The person in video says: {subtitle} ",
        " [{task}] ",
        "{question} ",
    ),
    later=("[{task}] ", "{question}"),
    wrap="[INST] {} [/INST]",
    bos=1,
    bos_later=1,
    end="</s>",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What can be chosen; `image` None is what `compat` says."""

    compat: Compat = "paper"
    image: Image | None = None
    language: str = "meta-llama/Llama-2-7b-chat-hf"

    def __post_init__(self) -> None:
        if self.compat not in get_args(Compat):
            known = ", ".join(get_args(Compat))
            raise ConfigError(f"Emotion-LLaMA-v2's compat is one of {known}; got {self.compat!r}.")
        if self.image is not None and self.image not in get_args(Image):
            known = ", ".join(get_args(Image))
            raise ConfigError(f"Emotion-LLaMA-v2's image is one of {known}; got {self.image!r}.")


def build(config: Config) -> System:
    """The declaration."""
    released = config.compat == "released"
    return System(
        name="emotion_llama_v2",
        paper="Emotion-LLaMA-v2 and MMEVerse (arXiv 2601.16449)",
        language=config.language,
        streams=_streams(config.image or ("first_frame" if released else "peak_frame")),
        training=_LAYOUT,
        generation=replace(_LAYOUT, bos=2) if released else _LAYOUT,
        prompts="emotion_llama",
        lora=Lora(rank=64, alpha=16, targets=("q_proj", "v_proj"), dropout=0.05),
        max_length=1024,
        tokenizer={"legacy": True},
        licence=(
            "Weights: Llama 2 community licence, and the agreements of the data sets. They are not "
            "ours and are not shipped."
        ),
        exact=(
            "Exact: encoders, pooling, sizes and names of the fusion's layers and projections, "
            "token order. Reconstructed: the order of the three sources inside the fusion, the "
            "ends of its convolutions (padded with zeros), its instructions (Emotion-LLaMA's), "
            "[INST] around the prompt. The 16 frames are the middle run, not one drawn by lot; a "
            "source that is absent drops its tokens instead of being zeros."
        ),
    )


def _streams(image: Image) -> tuple[Stream, ...]:
    """In the order of their tokens: 64, 256, 64 and 64."""
    whisper = use("whisper", keep_padding=True)
    # Whisper's own preparation hears the first 30 s.
    sound = Source(whisper, View(of="sound", segment_s=30.0), "states")
    frame, eva = View(of=image), use("eva", side=448)
    run = View(of="frames", count=16, sampling="run")
    frames = Source(use("eva", side=224, mean_std="imagenet"), run, "patches")
    return (
        Stream(
            name="fusion",
            sources=(sound, Source(eva, frame, "cls"), frames),
            connector=use("conv_attention"),
        ),
        Stream(
            name="image",
            sources=(Source(eva, frame, "patches"),),
            connector=use("merge_linear", group=4),
        ),
        Stream(name="video", sources=(frames,), connector=use("grid_pool")),
        Stream(name="audio", sources=(sound,), connector=use("time_pool")),
    )
