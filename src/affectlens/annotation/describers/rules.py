"""Describes a clip by rule from what was measured; it needs no model."""

from dataclasses import dataclass

from affectlens.annotation.by_rule.face import Phrases, face
from affectlens.annotation.by_rule.fine import fine, rewrite
from affectlens.annotation.by_rule.objective import objective
from affectlens.annotation.by_rule.tone import tone
from affectlens.annotation.describer import Describer, Request
from affectlens.foundation.chat import Medium
from affectlens.foundation.missing import Missing

VERSION = 1  # raised when the same measurements give other words


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How it words action units: MERR's published phrases, or our plain ones."""

    phrases: Phrases = "merr"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of `annotation.by_rule`."""

    phrases: Phrases

    @property
    def identity(self) -> str:
        """The version and the wording."""
        return f"rules {VERSION}, {self.phrases} phrases"

    @property
    def takes(self) -> frozenset[Medium]:
        """Nothing is shown to rules."""
        return frozenset()

    @property
    def reads(self) -> bool:
        """It looks at measurements only."""
        return False

    def describe(self, request: Request) -> str | Missing:
        """What was measured, in words."""
        draft = request.draft
        if request.task == "face":
            return face(draft, self.phrases)
        if request.task == "objective":
            return objective(draft)
        if request.task == "tone":
            return tone(draft)
        return fine(draft) if request.task == "fine" else rewrite(draft, request.faults)


def build(config: Config) -> Describer:
    """Rules that word action units as the config says."""
    return Rules(config.phrases)
