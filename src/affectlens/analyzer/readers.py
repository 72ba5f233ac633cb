"""Who reads the clues: the rules, or a language model; torch is loaded for the latter only."""

import logging
import sys
from collections.abc import Callable
from dataclasses import replace

from affectlens.analyzer.settings import AUTO, RULES, Settings
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip
from affectlens.model.shipped import NANO, obstacle
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.reasoner import Reasoner

log = logging.getLogger(__name__)

Tell = Callable[[str], None]
# What loading raises where a file, a package or the memory for a model is not there.
_CANNOT = (UnavailableError, InputError, ImportError, OSError, RuntimeError, MemoryError)


def silence(text: str) -> None:
    """The listener that does not listen."""


def settled(settings: Settings, *, progress: Progress = silent) -> tuple[Settings, tuple[str, ...]]:
    """The same with a model that is ready to read, and why it is not nano where that was wanted.

    Only where the settings leave the choice to us ("auto") do the rules stand in for nano.

    Raises:
        ConfigError, InputError, UnavailableError: the model that was named is no good or not there.
    """
    if settings.model != AUTO:
        prepare(settings, progress=progress)
        return settings, ()
    wanted = replace(settings, model=NANO)
    lacking = _lacking(wanted)
    if lacking is None:
        try:
            prepare(wanted, progress=progress)
        except _CANNOT as error:
            log.info("nano cannot be loaded", exc_info=error)
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            lacking = Missing(first.rstrip("."))
        else:
            return wanted, ()
    told = f"The rules read instead of nano, which cannot run here: {lacking}."
    return replace(settings, model=RULES), (told,)


def refuse_absent(settings: Settings) -> None:
    """Tell of a model that cannot run here before anything heavy is loaded.

    Raises:
        UnavailableError: its folder, or a model that it builds on, is not on this machine.
    """
    lacking = _lacking(settings)
    if lacking is not None:
        raise UnavailableError(f"{settings.model} cannot run here: {lacking}.")


def _lacking(settings: Settings) -> Missing | None:
    own = settings.language_model
    return None if settings.model == RULES else obstacle(settings.model, own.without, own.language)


def prepare(settings: Settings, *, progress: Progress = silent) -> None:
    """Make what reads, so that a model or setting that is no good is told before a clip is seen."""
    if settings.model == RULES:
        rules.build(settings.reasoning)
    else:
        from affectlens.analyzer import language

        language.load(settings, progress=progress)


def release() -> None:
    """Let a language model go that was loaded; the next reader loads it again."""
    if "affectlens.analyzer.language" in sys.modules:
        from affectlens.analyzer import language

        language.release()


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
