"""Emotion-LLaMA (NeurIPS 2024): MiniGPT-v2 with four more tokens, specs/emotion-llama.md.

`compat` "paper" is the layout of training, for training and generation alike, and the peak frame.
"released" is what the released code does and what its weights were scored with (§0, facts 3 and 4):
all 260 tokens at the video's place, the words <FeatureHere> as text, a doubled begin, the first
frame; it trains as the paper says. `layout` and `image` choose one without the other.
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

_REST = (
    "The person in video says: {subtitle}. ",
    " [{task}] ",
    "{question} ",
)
_TRAINING = Layout(
    first=(
        "<video>{patches}</video> ",
        "<feature>{local}{temporal}{audio}{context}</feature> ",
        *_REST,
    ),
    later=("[{task}] ", "{question}"),
    wrap="[INST] {} [/INST]",
    bos=1,
    bos_later=1,
    end="</s>",
)
_RELEASED = replace(
    _TRAINING,
    first=(
        "<video>{patches}{local}{temporal}{audio}{context}</video> "
        "<feature><FeatureHere></feature> ",
        *_REST,
    ),
    bos=2,
    forget="</s>",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What can be chosen; `layout` and `image` None are what `compat` says."""

    compat: Compat = "paper"
    layout: Compat | None = None
    image: Image | None = None
    language: str = "meta-llama/Llama-2-7b-chat-hf"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("compat", self.compat, get_args(Compat)),
            ("layout", self.layout, (None, *get_args(Compat))),
            ("image", self.image, (None, *get_args(Image))),
        ):
            if value not in known:
                wanted = ", ".join(str(one) for one in known if one)
                raise ConfigError(f"Emotion-LLaMA's {name} is one of {wanted}; got {value!r}.")


def build(config: Config) -> System:
    """The declaration."""
    layout = config.layout or config.compat
    image = config.image or ("peak_frame" if config.compat == "paper" else "first_frame")
    return System(
        name="emotion_llama",
        paper="Emotion-LLaMA (NeurIPS 2024)",
        language=config.language,
        streams=_streams(image),
        training=_TRAINING,
        generation=_TRAINING if layout == "paper" else _RELEASED,
        prompts="emotion_llama",
        lora=Lora(rank=64, alpha=16, targets=("q_proj", "v_proj"), dropout=0.05),
        max_length=1024,
        tokenizer={"legacy": True},
        licence=(
            "Weights: Llama 2 community licence, and by the MER2023 agreement for research only. "
            "They are not ours and are not shipped."
        ),
        exact=(
            "Exact: prompts, token order, connectors, LoRA, EVA path. Reconstructed: the MAE and "
            "VideoMAE nets that were tuned on MER2023 faces are not published; their features can "
            "be read from .npy folders."
        ),
    )


def _streams(image: Image) -> tuple[Stream, ...]:
    """In the order in which the released encoder joins them: §1.1."""
    frame = View(of=image)
    faces = View(of="faces", count=16, sampling="merr")
    eva = use("eva", side=448)
    hubert = use("hubert", weights="TencentGameMate/chinese-hubert-large", pool="mean")
    pooled = use("pooled_linear")
    return (
        Stream(
            name="patches",
            sources=(Source(eva, frame, "patches"),),
            connector=use("merge_linear", group=4),
        ),
        Stream(name="local", sources=(Source(use("mae"), faces, "pooled"),), connector=pooled),
        Stream(
            name="temporal", sources=(Source(use("videomae"), faces, "pooled"),), connector=pooled
        ),
        Stream(
            name="audio",
            sources=(Source(hubert, View(of="sound"), "states"),),
            connector=pooled,
        ),
        Stream(name="context", sources=(Source(eva, frame, "cls"),), connector=pooled),
    )
