"""The replies of another judge, from a file: the same scores without the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judging.panel import Replies, stored_replies
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

UNKNOWN = Missing("not in the stored replies")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """A ledger of replies, or a table with the columns prompt and reply."""

    path: str = ""
    identity: str = ""  # whose replies, where the file has those of several judges


@dataclass(frozen=True, slots=True)
class Replay:
    """Answers with what was answered; it is taken for the judge that did."""

    identity: str
    replies: Replies

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """The stored reply to each."""
        del progress
        return [self.replies.get(prompt, UNKNOWN) for prompt in prompts]


def build(config: Config) -> Judge:
    """A judge of stored replies.

    Raises:
        ConfigError: no file is said, or not whose replies.
        InputError: there is no such file, or it holds no replies.
    """
    if not config.path:
        raise ConfigError("The judge replay wants path=FILE: the replies of an earlier run.")
    path = Path(config.path)
    if not path.is_file():
        raise InputError(f"There is no file of replies {path}.")
    stored = stored_replies(path)
    if not stored:
        raise InputError(f"{path} holds no replies.")
    if not config.identity and len(stored) > 1:
        raise ConfigError(
            f"{path} holds replies of several judges; say which with identity=…: "
            f"{', '.join(map(repr, stored))}."
        )
    identity = config.identity or next(iter(stored))
    if identity not in stored:
        has = ", ".join(map(repr, stored))
        raise ConfigError(f"{path} holds no replies of {identity!r}. It has those of: {has}.")
    return Replay(identity, stored[identity])
