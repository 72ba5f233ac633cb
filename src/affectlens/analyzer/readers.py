"""Who reads the clues: the rules, or a language model; torch is loaded for the latter only."""

from collections.abc import Callable

from affectlens.analyzer.settings import RULES, Settings
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.reasoner import Reasoner

Tell = Callable[[str], None]


def silence(text: str) -> None:
    """The listener that does not listen."""


def prepare(settings: Settings, *, progress: Progress = silent) -> None:
    """Make what reads, so that a model or setting that is no good is told before a clip is seen."""
    if settings.model == RULES:
        rules.build(settings.reasoning)
    else:
        from affectlens.analyzer import language

        language.load(settings, progress=progress)


def reader(
    settings: Settings,
    clip: Clip,
    percepts: Percepts,
    *,
    progress: Progress = silent,
    tell: Tell = silence,
) -> Reasoner:
    """The reasoner of one clip; a language model is loaded once per process."""
    if settings.model == RULES:
        return rules.build(settings.reasoning)
    from affectlens.analyzer import language

    return language.reader(settings, clip, percepts, progress=progress, tell=tell)
