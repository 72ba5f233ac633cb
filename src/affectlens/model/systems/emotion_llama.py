"""Emotion-LLaMA (NeurIPS 2024): MiniGPT-v2 with four more tokens, specs/emotion-llama.md.

`compat` "paper" is the layout of training, for training and generation alike, and the peak frame.
"released" is what the released code does and what its weights were scored with (§0, facts 3 and 4):
all 260 tokens at the video's place, the words <FeatureHere> as text, a doubled begin, the first
frame; it trains as the paper says. `layout` and `image` choose one without the other.

`wrap` "chat" is for language models other than Llama 2, and `nets` "public" for those who lack the
two face nets that were never published; neither is Emotion-LLaMA as it was published.
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
Wrap = Literal["llama", "chat"]
Nets = Literal["published", "public"]

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
_EXACT = (
    "Exact: prompts, token order, connectors, LoRA, EVA path. Reconstructed: the MAE and VideoMAE "
    "nets that were tuned on MER2023 faces are not published; their features can be read from .npy "
    "folders."
)
_ALTERED = (
    "Emotion-LLaMA's sentences, instructions, targets and connectors with another language model "
    "or other nets: published weights do not fit, and published scores are not its."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What can be chosen; `layout` and `image` None are what `compat` says.

    `wrap` "llama" is [INST] and </s>, "chat" the tokenizer's own template. `nets` "public" has CLIP
    in the places of EVA and MAE, and no VideoMAE.
    """

    compat: Compat = "paper"
    layout: Compat | None = None
    image: Image | None = None
    wrap: Wrap = "llama"
    nets: Nets = "published"
    language: str = "meta-llama/Llama-2-7b-chat-hf"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("compat", self.compat, get_args(Compat)),
            ("layout", self.layout, (None, *get_args(Compat))),
            ("image", self.image, (None, *get_args(Image))),
            ("wrap", self.wrap, get_args(Wrap)),
            ("nets", self.nets, get_args(Nets)),
        ):
            if value not in known:
                wanted = ", ".join(str(one) for one in known if one)
                raise ConfigError(f"Emotion-LLaMA's {name} is one of {wanted}; got {value!r}.")


def build(config: Config) -> System:
    """The declaration."""
    released = (config.layout or config.compat) == "released"
    image = config.image or ("peak_frame" if config.compat == "paper" else "first_frame")
    return System(
        name="emotion_llama",
        paper="Emotion-LLaMA (NeurIPS 2024)",
        language=config.language,
        streams=_streams(image) if config.nets == "published" else _public(image),
        training=_worn(_TRAINING, config),
        generation=_worn(_RELEASED if released else _TRAINING, config),
        prompts="emotion_llama",
        lora=Lora(rank=64, alpha=16, targets=("q_proj", "v_proj"), dropout=0.05),
        max_length=1024,
        tokenizer={"legacy": True} if config.wrap == "llama" else {},
        licence=(
            "Weights: Llama 2 community licence, and by the MER2023 agreement for research only. "
            "They are not ours and are not shipped."
        ),
        exact=_EXACT if (config.wrap, config.nets) == ("llama", "published") else _ALTERED,
    )


def _worn(layout: Layout, config: Config) -> Layout:
    """A layout in the language model's own template, and only with the streams that are there."""
    if config.nets == "public":
        layout = replace(layout, first=tuple(s.replace("{temporal}", "") for s in layout.first))
    if config.wrap == "chat":  # templates begin and end by themselves, and know no </s>
        layout = replace(layout, wrap="chat", bos=0, bos_later=0, end="", forget=None)
    return layout


def _public(image: Image) -> tuple[Stream, ...]:
    """With nets that anyone can have: 64 tokens of the picture and three more."""
    clip = use("clip")
    frame, faces = View(of=image), View(of="faces", count=16, sampling="merr")
    pooled = use("pooled_linear")
    (audio,) = (stream for stream in _streams(image) if stream.name == "audio")
    return (
        Stream(
            name="patches",
            sources=(Source(clip, frame, "patches"),),
            connector=use("merge_linear", group=4),
        ),
        Stream(name="local", sources=(Source(clip, faces, "pooled"),), connector=pooled),
        audio,
        Stream(name="context", sources=(Source(clip, frame, "pooled"),), connector=pooled),
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
