"""One row for each person and segment, for spreadsheets and statistics (RFC 4180)."""

import csv
import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from affectlens.emotions.spaces import SPACES
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import ACTION_UNITS
from affectlens.reasoning.analysis import Analysis, Person, Segment
from affectlens.reasoning.one_line import one_line

SUFFIX = ".csv"
LONG = "a row per person and segment: label, confidence, probabilities, mean action units"

# A spreadsheet takes a cell that starts with one of these for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(analysis: Analysis) -> str:
    """A header and the rows. Cells that were not measured are empty, and `note` says why.

    A clip without people has one row with its file and a note, so that no file is lost.
    """
    labels = _labels(analysis)
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(
        ["file", "person", "start_s", "end_s", "label", "confidence"]
        + [_cell(f"p_{label}") for label in labels]
        + [f"{unit}_mean" for unit in ACTION_UNITS]
        + ["note"]
    )
    table.writerows(_rows(analysis, labels))
    return text.getvalue()


def _rows(analysis: Analysis, labels: list[str]) -> Iterator[list[str]]:
    """The rows in order of person, then time."""
    file = _cell(analysis.input.path)
    for person in analysis.people:
        for segment in person.segments:
            yield [
                file,
                _cell(person.id),
                f"{segment.span.start_s:.3f}",
                f"{segment.span.end_s:.3f}",
                _cell(segment.label or ""),
                f"{segment.confidence:.4f}",
                *(_share(segment, label) for label in labels),
                *(_mean(person, unit, segment.span) for unit in ACTION_UNITS),
                "" if segment.label else "abstained",
            ]
    if not any(person.segments for person in analysis.people):
        why = "; ".join(f"{absence.what}: {absence.why}" for absence in analysis.missing)
        blank = [""] * (5 + len(labels) + len(ACTION_UNITS))
        yield [file, *blank, _cell(f"nobody was analyzed; {why}".strip("; "))]


def _labels(analysis: Analysis) -> list[str]:
    """The labels of the run's space, so that the columns of many files agree."""
    if analysis.run.label_space in SPACES:
        return list(SPACES[analysis.run.label_space].labels)
    segments = [segment for person in analysis.people for segment in person.segments]
    return list(dict.fromkeys(label for segment in segments for label in segment.probabilities))


def _share(segment: Segment, label: str) -> str:
    """A label's probability, or nothing where the segment does not know the label."""
    share = segment.probabilities.get(label)
    return "" if share is None else f"{share:.4f}"


def _mean(person: Person, unit: str, span: Span) -> str:
    """An action unit's mean intensity inside a span, or nothing where it was not measured."""
    summary = person.action_units.get(unit)
    if person.track is None or summary is None or isinstance(summary, str):
        return ""
    times_s = person.track.times_s
    inside = summary.series[bisect_left(times_s, span.start_s) : bisect_right(times_s, span.end_s)]
    return f"{sum(inside) / len(inside):.4f}" if inside else ""


def _cell(text: str) -> str:
    """Text of others in one line; an apostrophe keeps a spreadsheet from calculating it."""
    plain = one_line(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain
