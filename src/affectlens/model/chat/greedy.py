"""How any model is made to write: the likeliest token each time, until it ends by itself."""

# B prompts, T tokens

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from affectlens.foundation import chat
from affectlens.foundation.missing import Missing

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LONG = Missing("the prompt with max_tokens is longer than the model's context")
_CUT = Missing("the reply was cut off: max_tokens is too small")


def settle(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
    """Where it stops is all that stays of what its makers set.

    It is replaced in the model because `generate` fills up a config that it is given with the
    model's own penalties and chances.
    """
    from transformers import GenerationConfig

    made = model.generation_config.eos_token_id
    ends = {*(made if isinstance(made, list) else [made]), tokenizer.eos_token_id} - {None}
    pad = tokenizer.pad_token_id
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=sorted(ends),
        pad_token_id=tokenizer.eos_token_id if pad is None else pad,
    )


def is_long(model: "PreTrainedModel", tokens: int, max_tokens: int) -> bool:
    """Whether prompt and reply do not fit into what the model can see at once."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return context is not None and tokens + max_tokens > context


def said(
    ids: Sequence[int], model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase"
) -> str | Missing:
    """The words that the model wrote; Missing where it did not come to an end, or said nothing."""
    ends = model.generation_config.eos_token_id
    end = next((i for i, token in enumerate(ids) if token in ends), None)
    if end is None:
        return _CUT
    return chat.said(str(tokenizer.decode(ids[:end], skip_special_tokens=True)))


def special(tokenizer: "PreTrainedTokenizerBase") -> re.Pattern[str]:
    """What must not stand in a text: the tokens by which turns and media are told."""
    names = sorted((t.content for t in tokenizer.added_tokens_decoder.values()), key=len)
    return re.compile("|".join(re.escape(name) for name in reversed(names)) or r"(?!)")


def plain(text: str, tokens: re.Pattern[str]) -> str:
    """The text with a blank inside of each special token, so that it is read as letters."""
    return tokens.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


@contextmanager
def running(threads: int | None) -> Iterator[None]:
    """Without gradients and on so many threads (None: as torch is set), of the whole process."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
