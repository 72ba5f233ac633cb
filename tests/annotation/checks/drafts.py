"""Drafts of scenes made by hand: measured, read by the rules, not yet described."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.reasoning.lies import SCENES

from affectlens.annotation.draft import Draft, Seen
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Checks, Recipe
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import MER9
from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import InputFacts, Run
from affectlens.reasoning.assemble import assemble
from affectlens.reasoning.settings import ReasoningSettings

RECIPE = Recipe()
FACTS = InputFacts("clip.mp4", "0" * 64, 5.0, 320, 240, 25.0, {"video": True, "sound": True})
RUN = Run("0", "rules", "mer9", "", {}, {}, {})


def recipe(**checks: Any) -> Recipe:
    """The default recipe with other checks."""
    return replace(RECIPE, checks=Checks(**checks))


@cache
def _seen(name: str) -> Seen:
    percepts = SCENES[name]
    clues = gather(percepts)
    reading = rules.build(ReasoningSettings(label_space="mer9"))(percepts, clues, MER9)
    analysis = assemble(FACTS, percepts, clues, reading, RUN)
    return Seen("ab" * 32, "0" * 64, percepts, analysis, 125, _closed)


def draft(scene: str = "smile", **found: Any) -> Draft:
    """A draft of one of the scenes, with its first person and what else is given."""
    seen = _seen(scene)
    first = next((one.id for one in seen.analysis.people), Missing("nobody was seen or heard"))
    item = Item(id="clip", path=Path("clip.mp4"))
    return Draft(**{"item": item, "seen": seen, "person": first, **found})


def told(draft: Draft, **columns: Any) -> Draft:
    """The same where people said more of the file."""
    return replace(draft, item=replace(draft.item, **columns))


def _closed() -> Clip:
    raise AssertionError("a check opened the file")
