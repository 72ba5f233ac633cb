"""Words alone: a language model reads what is said, and what was measured if that is given.

No published model: the plainest system, and what others must beat. Pictures and sound reach it only
as clues in words.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from affectlens.foundation.errors import ConfigError
from affectlens.model.declaration import Layout, Lora, System

Wrap = Literal["chat", "plain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`wrap` is the tokenizer's own chat template, or "plain" lines for models without one."""

    language: str = "Qwen/Qwen2.5-0.5B-Instruct"
    wrap: Wrap = "chat"
    rank: int = 16

    def __post_init__(self) -> None:
        if self.wrap not in get_args(Wrap):
            known = ", ".join(get_args(Wrap))
            raise ConfigError(f"The wrap of words is one of {known}; got {self.wrap!r}.")


def build(config: Config) -> System:
    """The declaration."""
    chat = config.wrap == "chat"
    layout = Layout(
        first=("The person says: {subtitle}\n", "What was measured: {clues}\n", "{question}"),
        later=("{question}",),
        wrap="chat" if chat else "{}\n",
        bos=0 if chat else 1,  # templates begin by themselves
        end="" if chat else "{eos}",
    )
    return System(
        name="words",
        paper="none: words alone, to compare with",
        language=config.language,
        streams=(),
        training=layout,
        generation=layout,
        prompts="words",
        lora=Lora(
            rank=config.rank,
            alpha=2 * config.rank,
            targets=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
            dropout=0.05,
        ),
        licence="That of the language model; there are no weights of ours.",
        exact="Nothing is reconstructed: it is no published model.",
    )
