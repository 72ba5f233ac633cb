"""`Caption`: what a viewer should read at a moment, as subtitle formats need it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.one_line import one_line

MOMENT_S = 0.04  # how long something without a duration is shown: a frame at 25 Hz
PHOTO_S = 5.0  # how long the captions of a still image are shown


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a caption: a person's words, or what is expressed or seen."""

    text: str
    spoken: bool = False
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """One screen of text; at least one line."""

    span: Span  # whole milliseconds
    lines: tuple[Line, ...]


def captions(analysis: Analysis) -> list[Caption]:
    """Captions in order, never two at a time; where nothing is expressed or said there is none.

    An analysis with nothing to show gives one caption, over its whole length, that says why.
    """
    shown = list(_shown(analysis))
    cuts = sorted({edge for span, _ in shown for edge in (span.start_s, span.end_s)})
    found: list[Caption] = []
    for start_s, end_s in pairwise(cuts):
        lines = tuple(line for span, line in shown if span.start_s <= start_s < span.end_s)
        last = found[-1] if found else None
        if last and last.span.end_s == start_s and last.lines == lines:
            found[-1] = Caption(Span(last.span.start_s, end_s), lines)
        elif lines:
            found.append(Caption(Span(start_s, end_s), lines))
    return found


def _shown(analysis: Analysis) -> Iterator[tuple[Span, Line]]:
    """Every line with the time it is shown: what is expressed first, then what is said."""
    least_s = MOMENT_S if analysis.input.duration_s > 0 else PHOTO_S
    for person in analysis.people:
        for segment in person.segments:
            what = f"{segment.label} {segment.confidence:.2f}" if segment.label else "unclear"
            text = one_line(f"{person.id}: {what}")
            yield _stretched(segment.span, least_s), Line(text, person=person.id)
    for said in analysis.transcript:
        if words := one_line(said.text):
            yield _stretched(said.span, least_s), Line(words, spoken=True, person=said.person)
    if not analysis.people and not analysis.transcript:
        why = "; ".join(one_line(absence.why) for absence in analysis.missing)
        text = "Nobody is seen or heard" + (f": {why}" if why else "")
        yield _stretched(Span(0.0, analysis.input.duration_s), least_s), Line(text)


def _stretched(span: Span, least_s: float) -> Span:
    """The span in whole milliseconds, long enough to be seen."""
    start_s = round(span.start_s, 3)
    return Span(start_s, round(max(span.end_s, start_s + least_s), 3))
