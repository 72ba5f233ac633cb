"""Clues as a text for a language model to read: the same words in training and in use."""

from collections.abc import Sequence

from affectlens.clues.clue import Clue
from affectlens.foundation.timeline import Span

_MOST = 32  # of one text, the clearest: a minute of film has some two hundred
_QUOTE = "quote"  # what is said stands in the subtitle


def listed(clues: Sequence[Clue], person: str | None, span: Span | None) -> str | None:
    """A sentence for each clue of a person and of the scene in a span, in order of time.

    None: everybody's, or all of the clip's. Without clues there is no text.
    """
    near = tellable(clues, person, span)
    clearest = sorted(range(len(near)), key=lambda i: -near[i].strength)[:_MOST]
    return " ".join(_sentence(near[i]) for i in sorted(clearest)) or None


def tellable(clues: Sequence[Clue], person: str | None, span: Span | None) -> list[Clue]:
    """Those of a person and of the scene in a span, without quotations."""
    return [
        clue
        for clue in clues
        if clue.kind != _QUOTE
        and (person is None or clue.person in (person, None))
        and (span is None or clue.span.overlap_s(span) > 0)
    ]


def _sentence(clue: Clue) -> str:
    """Such as "0.3–1.5 s: brows lowered (AU04)."."""
    return f"{clue.span.start_s:.1f}–{clue.span.end_s:.1f} s: {clue.text.rstrip('.')}."
