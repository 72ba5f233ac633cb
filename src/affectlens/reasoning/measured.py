"""`Own`: what was measured of one person, gathered once and cut by window.

A film has thousands of utterances and windows; looking through all of them for each window would
take longer than the measuring.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from affectlens.clues.episodes import gap_s
from affectlens.clues.voice import owners
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import (
    Baseline,
    FaceTrack,
    Percepts,
    SoundEvent,
    TextTone,
    Utterance,
)

# A window's span is that of what was measured in it when the rest is longer than this.
_AWAY_S = 0.5


class _Placed(Protocol):
    @property
    def span(self) -> Span:
        """When it is."""


_Item = TypeVar("_Item", bound=_Placed)


@dataclass(frozen=True, slots=True)
class Own:
    """One person's percepts, of the whole clip or of one window."""

    person: str
    tracks: tuple[FaceTrack, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    events: tuple[SoundEvent, ...] = ()
    tones: tuple[TextTone, ...] = ()
    baseline: Baseline | None = None


def people(percepts: Percepts) -> list[Own]:
    """Everybody: faces in order of appearance, then voices and writers without a face."""
    tracks = () if isinstance(percepts.faces, Missing) else percepts.faces
    utterances = () if isinstance(percepts.utterances, Missing) else percepts.utterances
    tones = () if isinstance(percepts.tone, Missing) else percepts.tone
    transcript = percepts.transcript
    sentences = () if isinstance(transcript, Missing) else transcript.sentences
    heard = {u.person for u in utterances} | {s.person for s in sentences}
    voices = sorted(person for person in heard if isinstance(person, str))
    events = owners(percepts)
    return [
        Own(
            person=person,
            tracks=tuple(t for t in tracks if t.person == person),
            utterances=tuple(u for u in utterances if u.person == person),
            events=tuple(event for event, whose in events if whose == person),
            tones=tuple(t for t in tones if t.person == person),
            baseline=percepts.baselines.get(person),
        )
        for person in dict.fromkeys([*(t.person for t in tracks), *voices])
    ]


def cut(whole: Own, spans: Sequence[Span]) -> list[Own]:
    """The same by window; what lies in two windows is in both. Tracks stay whole."""
    utterances = fall(whole.utterances, spans)
    events, tones = fall(whole.events, spans), fall(whole.tones, spans)
    return [
        Own(whole.person, whole.tracks, *parts, whole.baseline)
        for parts in zip(utterances, events, tones, strict=True)
    ]


def fall(items: Sequence[_Item], spans: Sequence[Span]) -> list[tuple[_Item, ...]]:
    """For each window, which are in order and do not overlap, the items that touch it."""
    found: list[list[_Item]] = [[] for _ in spans]
    ends = [span.end_s for span in spans]
    for item in items:
        first = bisect.bisect_left(ends, item.span.start_s)
        for i in range(first, len(spans)):
            if spans[i].start_s > item.span.end_s:
                break
            found[i].append(item)
    return [tuple(part) for part in found]


def moments(track: FaceTrack, span: Span) -> slice:
    """The moments of a track in a span, those at its end left to the next but for the last."""
    first, last = np.searchsorted(track.times_T, (span.start_s, span.end_s))
    touches = first < len(track.times_T) and span.holds(float(track.times_T[first]))
    return slice(int(first), max(int(last), int(first) + bool(touches)))


def measured(own: Own, window: Span) -> Span | None:
    """The window, without a beginning or an end in which the person was neither seen nor heard.

    None when the person was neither seen nor heard in all of it: there is nothing to read then.
    """
    starts, ends, away_s = [], [], _AWAY_S
    for track in own.tracks:
        times_T = track.times_T[moments(track, window)]
        if len(times_T):
            starts.append(float(times_T[0]))
            ends.append(float(times_T[-1]))
            away_s = max(away_s, gap_s(track.times_T, _AWAY_S))
    heard = [u.span for u in own.utterances] + [e.span for e in own.events]
    for span in heard + [t.span for t in own.tones]:
        if span.overlap_s(window) > 0:
            starts.append(span.start_s)
            ends.append(span.end_s)
    if not starts:
        return None
    start_s, end_s = min(starts), max(ends)
    return Span(
        start_s if start_s - window.start_s > away_s else window.start_s,
        end_s if window.end_s - end_s > away_s else window.end_s,
    )
