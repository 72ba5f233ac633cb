"""`Tier`: an analysis as rows of notes along time, as ELAN and Praat show it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from affectlens.reasoning.analysis import Analysis, Person
from affectlens.reasoning.one_line import one_line

MOMENT_MS = 40  # how long something without a duration is shown: a frame at 25 Hz

Kind = Literal["label", "confidence", "transcript", "peaks", "clues"]


@dataclass(frozen=True, order=True, slots=True)
class Note:
    """A text from one millisecond up to another, which is later."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Notes of one kind about one person, in order, none of which overlap."""

    name: str
    kind: Kind
    person: str | None
    notes: tuple[Note, ...]


def length_ms(analysis: Analysis) -> int:
    """The length of the clip, or of its last note where that ends later; at least a moment."""
    ends = [note.end_ms for tier in tiers(analysis) for note in tier.notes]
    return max([round(1000 * analysis.input.duration_s), MOMENT_MS, *ends])


def tiers(analysis: Analysis) -> list[Tier]:
    """Labels, their confidence, words, action unit peaks and clues, person after person.

    Tiers of these programs cannot hold two notes at once: notes that start together become one,
    and a note ends where the next begins.
    """
    found: list[Tier] = []
    for person in analysis.people:
        found += _of_person(analysis, person)
    known = {person.id for person in analysis.people}
    others = [said for said in analysis.transcript if said.person not in known]
    words = (_note(s.span.start_s, s.span.end_s, s.text) for s in others)
    found.append(Tier("transcript", "transcript", None, _apart(words)))
    found += _clue_tiers(analysis, None)
    return [tier for tier in found if tier.notes]


def _of_person(analysis: Analysis, person: Person) -> Iterator[Tier]:
    """The tiers about one person."""
    name, segments = one_line(person.id), person.segments
    labels = (_note(s.span.start_s, s.span.end_s, s.label or "unclear") for s in segments)
    yield Tier(f"{name} label", "label", name, _apart(labels))
    shares = (_note(s.span.start_s, s.span.end_s, f"{s.confidence:.2f}") for s in segments)
    yield Tier(f"{name} confidence", "confidence", name, _apart(shares))
    words = (
        _note(said.span.start_s, said.span.end_s, said.text)
        for said in analysis.transcript
        if said.person == person.id
    )
    yield Tier(f"{name} transcript", "transcript", name, _apart(words))
    peaks = (
        _note(unit.peak_time_s, unit.peak_time_s, f"{code} {unit.peak:.1f}")
        for code, unit in person.action_units.items()
        if not isinstance(unit, str) and unit.peak > 0
    )
    yield Tier(f"{name} AU peaks", "peaks", name, _apart(peaks))
    yield from _clue_tiers(analysis, person.id)


def _clue_tiers(analysis: Analysis, person: str | None) -> Iterator[Tier]:
    """One tier for each kind of clue about a person, or about nobody in particular."""
    who = one_line(person) if person else None
    mine = [clue for clue in analysis.clues if clue.person == person]
    for kind in dict.fromkeys(clue.kind for clue in mine):
        notes = (_note(c.span.start_s, c.span.end_s, c.text) for c in mine if c.kind == kind)
        yield Tier(one_line(f"{who or 'scene'} {kind}"), "clues", who, _apart(notes))


def _note(start_s: float, end_s: float, text: str) -> Note:
    """A note in whole milliseconds, never before the clip and at least a moment long."""
    start_ms = max(0, round(1000 * start_s))
    return Note(start_ms, max(round(1000 * end_s), start_ms + MOMENT_MS), one_line(text))


def _apart(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes in order, those with one start joined, each ended by the next."""
    joined: list[Note] = []
    for start_ms, together in groupby(sorted(notes), key=lambda note: note.start_ms):
        same = list(together)
        text = "; ".join(dict.fromkeys(note.text for note in same))
        joined.append(Note(start_ms, max(note.end_ms for note in same), text))
    ends = [*(note.start_ms for note in joined), float("inf")][1:]
    return tuple(
        Note(note.start_ms, int(min(note.end_ms, end)), note.text)
        for note, end in zip(joined, ends, strict=True)
    )
