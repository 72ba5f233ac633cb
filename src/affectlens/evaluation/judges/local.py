"""A language model on this machine, through transformers, greedy."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from affectlens.evaluation.judge import Judge
from affectlens.foundation.chat import conversation
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

if TYPE_CHECKING:
    from affectlens.model.chat.opening import Chat

_WHAT = "The judge"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which model, and where it runs."""

    model: str = ""  # a hub id, a folder, or "tiny:…" with random weights
    device: str = "auto"
    precision: str = "auto"
    batch: int = 8  # prompts at a time; in float32 replies do not depend on it
    max_tokens: int = 512

    def __post_init__(self) -> None:
        for name in ("batch", "max_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is at least 1, got {getattr(self, name)}.")


class Local:
    """Loads when it is first asked."""

    def __init__(self, config: Config) -> None:
        """Nothing is loaded yet."""
        self._config = config

    @cached_property
    def identity(self) -> str:
        """The model with the checksum of its files."""
        from affectlens.model.chat import files

        return f"local {files.identity(self._config.model, self._config.precision, what=_WHAT)}"

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """A reply to each; prompts of like lengths run together.

        Raises:
            UnavailableError: the model is neither here nor to be fetched.
            InputError: its files cannot be read.
            ConfigError: it is no chat model.
        """
        if not prompts:
            return []
        return self._chat.ask(
            [conversation(prompt) for prompt in prompts],
            max_tokens=self._config.max_tokens,
            batch=self._config.batch,
            progress=progress,
        )

    @cached_property
    def _chat(self) -> "Chat":
        from affectlens.model.chat.opening import open_chat

        place = Place(device=self._config.device, precision=self._config.precision)
        return open_chat(self._config.model, place, what=_WHAT)


def build(config: Config) -> Judge:
    """A judge that runs here.

    Raises:
        ConfigError: no model is said.
    """
    if not config.model:
        raise ConfigError("The judge local wants model=…: a hub id or the folder of a chat model.")
    return Local(config)
