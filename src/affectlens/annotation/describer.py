"""`Describer`: who puts into words what a clip shows; the words may come from any model.

A describer is a file of `annotation/describers/` with `Config` (frozen, keyword-only, defaulted)
and `build(config) -> Describer`. Which one does which task is the recipe's choice.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from affectlens.annotation.draft import Draft
from affectlens.foundation.chat import Medium, Message
from affectlens.foundation.missing import Missing

GROUP = "annotation.describers"

# What a describer may be asked for: visual expression description (C_ved), visual objective
# description (C_vod), audio tone (C_atd), fine description (C_md), and that one once more.
Task = Literal["face", "objective", "tone", "fine", "rewrite"]
TASKS: tuple[Task, ...] = ("face", "objective", "tone", "fine", "rewrite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: in words for models, and as measurements for rules."""

    task: Task
    draft: Draft
    messages: tuple[Message, ...] = ()  # the recipe's prompt, filled in; empty for who reads none
    faults: tuple[str, ...] = ()  # of a rewrite: sentences that nothing bears out


class Describer(Protocol):
    """Describes one clip at a time; may be asked from any thread of one process."""

    @property
    def identity(self) -> str:
        """One line that decides what it says: the model with its revision, or rules and version."""

    @property
    def reads(self) -> bool:
        """Whether it reads `Request.messages`, which cost pictures and sound to make."""

    @property
    def takes(self) -> frozenset[Medium]:
        """What it can be shown beside text: picture, sound."""

    def describe(self, request: Request) -> str | Missing:
        """Its words; Missing where there is nothing to describe, such as the tone of no voice.

        Raises:
            UnavailableError: the model could not be asked, or gave nothing that can be used; the
                item fails and is tried again when the same command is given with --retry-failed.
        """
