"""`Chat`: a chat model on this machine, opened by its name, whatever it takes."""

import functools
import threading
from collections.abc import Sequence
from typing import Protocol

from affectlens.foundation.chat import Medium, Message
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.model.chat.files import TINY, Files, files
from affectlens.model.chat.media import MediaChat
from affectlens.model.chat.text import TextChat


class Chat(Protocol):
    """May be asked from any thread; it answers one after the other."""

    @property
    def takes(self) -> frozenset[Medium]:
        """What it can be shown beside texts."""

    def ask(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_tokens: int,
        batch: int = 1,
        progress: Progress = silent,
    ) -> list[str | Missing]:
        """A reply to each; Missing where it was cut off, empty, or the prompt is too long.

        Raises:
            InputError: its files cannot be read, or a picture or sound that it is shown.
        """


def open_chat(
    model: str,
    place: Place,
    *,
    what: str,
    revision: str | None = None,
    threads: int | None = None,
) -> Chat:
    """A model by a hub id, a folder, or "tiny:…" with random weights.

    `what` says in messages what it is for. Its weights are loaded when it is first asked.

    Raises:
        UnavailableError: it is neither here nor to be fetched.
        InputError: its files cannot be read.
        ConfigError: it is no chat model.
    """
    if model.startswith(TINY):
        return TextChat(model, place, files=None, threads=threads)
    found = files(model, what=what, revision=revision)
    return _opened(model, place, found, threads)


def shared_chat(model: str, place: Place, *, what: str, revision: str | None, threads: int) -> Chat:
    """As `open_chat`, once for all tasks of a process that ask the same model."""
    with _ONE:
        return _kept(model, place, what=what, revision=revision, threads=threads)


_ONE = threading.Lock()  # two threads would load the model twice
_kept = functools.cache(open_chat)


def _opened(model: str, place: Place, found: Files, threads: int | None) -> Chat:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_MULTIMODAL_LM_MAPPING,
    )

    try:
        config = AutoConfig.from_pretrained(
            found.words, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(f"transformers has no model for {model}: {first}") from error
    # Of a model that speaks too, such as Qwen2.5-Omni, the part that writes.
    config = getattr(config, "thinker_config", config)
    if type(config) in MODEL_FOR_MULTIMODAL_LM_MAPPING:
        return MediaChat(model, config, place, files=found, threads=threads)
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        return TextChat(model, place, files=found, threads=threads)
    raise ConfigError(
        f"{model} is a model of the kind {config.model_type!r}, which does not converse. Wanted is "
        "one that answers in text, such as Qwen/Qwen2.5-7B-Instruct or Qwen/Qwen2.5-VL-7B-Instruct."
    )
