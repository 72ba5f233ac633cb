"""Which emotion each person in a video expresses, when, and why.

The stages in the order of the line; each gives a noun that the next one takes:

foundation   errors, absence, time, settings, records, weights
emotions     label spaces
media        a file              → `Clip`
perception   `Clip`              → `Percepts`
clues        `Percepts`          → `Clue`s
encoders     `Clip`, `Percepts`  → `Features`
model        features, questions → `Answer`
reasoning    clues, answers      → `Analysis`
analyzer     the line on one screen, for one file and for many
corpora      data sets           → `Corpus`
evaluation   a `Corpus`, answers → `Scores`
annotation   files               → a data set with descriptions
training     data                → weights
cli          the command line

Public names are loaded on first use, so importing this package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from affectlens.analyzer.line import analyze
    from affectlens.analyzer.settings import Settings
    from affectlens.clues.clue import Clue
    from affectlens.foundation.errors import AffectlensError
    from affectlens.foundation.missing import Missing
    from affectlens.media.clip import Clip
    from affectlens.media.opening import open_clip
    from affectlens.model.asking import ask
    from affectlens.model.checkpoint import load as load_model
    from affectlens.model.network import AffectLM
    from affectlens.perception.observe import observe
    from affectlens.perception.percepts import Percepts
    from affectlens.reasoning.analysis import Analysis

__version__ = "0.1.0"

__all__ = [
    "AffectLM",
    "AffectlensError",
    "Analysis",
    "Clip",
    "Clue",
    "Missing",
    "Percepts",
    "Settings",
    "analyze",
    "ask",
    "load_model",
    "observe",
    "open_clip",
]

_HOMES = {
    "AffectLM": "model.network:AffectLM",
    "AffectlensError": "foundation.errors:AffectlensError",
    "Analysis": "reasoning.analysis:Analysis",
    "Clip": "media.clip:Clip",
    "Clue": "clues.clue:Clue",
    "Missing": "foundation.missing:Missing",
    "Percepts": "perception.percepts:Percepts",
    "Settings": "analyzer.settings:Settings",
    "analyze": "analyzer.line:analyze",
    "ask": "model.asking:ask",
    "load_model": "model.checkpoint:load",
    "observe": "perception.observe:observe",
    "open_clip": "media.opening:open_clip",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'affectlens' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(importlib.import_module(f"affectlens.{module}"), attribute)
