"""MicroEmo (arXiv 2407.16552), reconstructed: no code is published, fbp-microemo-dfer.md §B.4.

TimeChat's skeleton reads frames with their times; what it reads looks closer at the faces around
that time, where micro-expressions are; tokens are of the whole clip and of each utterance.
"""

from dataclasses import dataclass

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import use
from affectlens.model.declaration import Layout, Lora, Stream, System

_LAYOUT = Layout(
    first=(
        "<Video>{visual}</Video> ",
        "<Audio>{audio}</Audio> ",
        "The subtitle of this video is <Subtitle>{subtitle}</Subtitle>. ",
        "{question}",
    ),
    later=("{question}",),
    # TimeChat's template; its system text is one blank.
    wrap="[INST] <<SYS>>\n \n<</SYS>>\n\n{} [/INST] ",
    bos=1,
    bos_later=1,
    end="</s>",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`frames` are looked at and so many faces between them; TimeChat's most is 96."""

    frames: int = 96
    faces: int = 96  # spread over the clip: 16 a second, which half a second needs, in 6 s of it
    utterances: int = 7  # at most
    language: str = "meta-llama/Llama-2-7b-chat-hf"

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 96 or self.faces < 1:
            raise ConfigError(
                "MicroEmo looks at 1 to 96 frames and at 1 face or more; got "
                f"{self.frames} and {self.faces}."
            )


def build(config: Config) -> System:
    """The declaration."""
    return System(
        name="microemo",
        paper="MicroEmo (arXiv 2407.16552)",
        language=config.language,
        streams=_streams(config),
        training=_LAYOUT,
        generation=_LAYOUT,
        prompts="microemo",
        lora=Lora(rank=32, alpha=32, targets=("q_proj", "k_proj", "v_proj", "o_proj"), dropout=0.1),
        max_length=1024,
        tokenizer={"legacy": True},
        licence="No weights are published. Llama 2 community licence for what is built on it.",
        exact=(
            "Nothing is exact: the paper has neither code nor sizes. Reconstructed on TimeChat: "
            "times enter as numbers instead of sentences, a frame has its 256 patches without the "
            "class token, 32 tokens for the whole clip instead of 32 for each 32 frames, "
            "utterances are found by voice activity and their words stand in the prompt without "
            "times. A clip without a face or without sound has no tokens of the visual stream, as "
            "these are three sources of one stream."
        ),
    )


def _streams(config: Config) -> tuple[Stream, ...]:
    sound = View(of="sound")
    frames = Source(
        use("eva", side=224, ln_vision="file"),
        View(of="frames", count=config.frames, sampling="spread"),
        "patches",
    )
    faces = Source(use("mae"), View(of="faces", count=config.faces, sampling="spread"), "pooled")
    spans = Source(use("utterances", most=config.utterances), sound, "spans")
    heard = Source(
        use("imagebind", trunks=("sound",)), View(of="sound", count=8, segment_s=2.0), "pooled"
    )
    return (
        Stream(name="visual", sources=(frames, faces, spans), connector=use("segment_qformer")),
        Stream(
            name="audio",
            sources=(heard,),
            connector=use("qformer", queries=8, layers=2, every=1, positions=8),
        ),
    )
