"""A model of transformers on this machine describes: any that reads, sees or hears, greedily."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from affectlens.annotation.describer import Request
from affectlens.foundation.chat import Medium, media
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing

if TYPE_CHECKING:
    from affectlens.model.chat.opening import Chat

_WHAT = "The describer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which model, and where it runs."""

    model: str = ""  # a hub id, a folder, or "tiny:…" with random weights
    revision: str | None = None  # of a hub id: a branch, a tag or a commit
    device: str = "auto"
    precision: str = "auto"
    threads: int = 1  # of each process; more where there are fewer workers than cores
    max_tokens: int = 256

    def __post_init__(self) -> None:
        for name in ("threads", "max_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is at least 1, got {getattr(self, name)}.")


class Shown:
    """Opened when it is first asked; equal models of several tasks are loaded once."""

    reads = True

    def __init__(self, config: Config) -> None:
        """Nothing is loaded yet."""
        self._config = config
        self._place = Place(device=config.device, precision=config.precision)

    @cached_property
    def identity(self) -> str:
        """The model with the checksum of its files."""
        from affectlens.model.chat import files

        config = self._config
        found = files.identity(config.model, config.precision, what=_WHAT, revision=config.revision)
        return f"transformers {found}"

    @property
    def takes(self) -> frozenset[Medium]:
        """What the model can be shown.

        Raises:
            UnavailableError: it is neither here nor to be fetched.
            InputError: its files cannot be read.
            ConfigError: it is no chat model.
        """
        return self._chat.takes

    def describe(self, request: Request) -> str:
        """The model's words.

        Raises:
            UnavailableError: it is not there, or gave no whole reply.
            InputError: its files cannot be read, or a picture or sound that it is shown.
            ConfigError: it is no chat model, or does not take what the prompt shows.
        """
        assert request.messages, "a model is asked in words"
        chat, model = self._chat, self._config.model
        for medium in sorted(media(request.messages) - chat.takes):
            raise ConfigError(
                f"The prompt for {request.task!r} shows a {medium}, which {model} does not take. "
                "Choose another model or prompt for it."
            )
        [reply] = chat.ask([request.messages], max_tokens=self._config.max_tokens)
        if isinstance(reply, Missing):
            raise UnavailableError(f"{model} gave no {request.task!r}: {reply.reason}.")
        return reply.strip()

    @property
    def _chat(self) -> "Chat":
        from affectlens.model.chat.opening import shared_chat

        config = self._config
        return shared_chat(
            config.model,
            self._place,
            what=_WHAT,
            revision=config.revision,
            threads=config.threads,
        )


def build(config: Config) -> Shown:
    """A describer that runs here.

    Raises:
        ConfigError: no model is said, or its precision is none.
    """
    if not config.model:
        raise ConfigError(
            "The describer transformers wants model=…: a hub id or the folder of a chat model."
        )
    return Shown(config)
