"""Clues of a voice: how it differs from the speaker's own usual, and sounds that are not words."""

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.phrasebook import Phrasebook
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, merge
from affectlens.perception.percepts import Baseline, Percepts, SoundEvent, Utterance

# Fewer utterances are no baseline: the median would be the utterance itself.
ENOUGH_UTTERANCES = 3

# Differences from the baseline that can be heard, and at which a clue is fully clear.
_RELATIVE = {
    "pitch": (2.0, 6.0),  # semitones
    "melody": (2.5, 7.0),  # semitones of range
    "loudness": (4.0, 10.0),  # dB
    "rate": (0.2, 0.6),  # share of the usual rate
    "brightness": (3.0, 8.0),  # dB
}
# Without a baseline only what hardly depends on the person or the microphone, and never clearly.
_ABSOLUTE_STRENGTH = 0.3
_WIDE_ST, _FLAT_ST = 10.0, 4.0
# Utterances fall by about 3 semitones a second on the way.
_RISING_ST_S, _FALLING_ST_S = 1.0, -8.0
_FAST_HZ, _SLOW_HZ = 5.6, 3.2
_PAUSE_S, _LONG_PAUSE_S = 1.0, 3.0

_SHARP_DB, _SOFT_DB = -3.0, -13.0
# What is told where nothing else is: a voice without features, a pause of somebody who is not seen.
_PLAIN_STRENGTH, _SILENCE_S = 0.4, 2.0

# Sounds that are told elsewhere: words.
_SPEECH = frozenset({"speech"})
# Sounds that are nobody's in particular.
_NOBODYS = frozenset({"music", "applause", "cheering", "baby_crying", "baby_laughter"})
# A sound belongs to whoever speaks at most this far from it.
_NEAR_S = 0.5
# No utterance is longer, with a wide margin.
_LONGEST_S = 60.0


_Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Heard:
    """One thing to say about an utterance."""

    kind: str
    strength: float
    numbers: _Numbers
    absolute: bool = False


def voice_clues(percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """Everything that is heard, without ids."""
    clues = []
    utterances = () if isinstance(percepts.utterances, Missing) else percepts.utterances
    for utterance in utterances:
        person = None if isinstance(utterance.person, Missing) else utterance.person
        heard = _pauses(utterance)
        baseline = percepts.baselines.get(person) if person else None
        if baseline is not None and baseline.utterances >= ENOUGH_UTTERANCES:
            heard += _against(utterance, baseline)
        else:
            heard += _alone(utterance)
        if not heard and utterance.pitch_hz:
            heard.append(_Heard("voice.plain", _PLAIN_STRENGTH, {"pitch_hz": utterance.pitch_hz}))
        clues += [_clue(h, person, utterance.span, book) for h in heard]
    return clues + _events(percepts, book) + _silences(utterances, percepts, book)


def _silences(utterances: Sequence[Utterance], percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """When somebody who is only heard is not heard."""
    seen = {f.person for f in (() if isinstance(percepts.faces, Missing) else percepts.faces)}
    last_s = end_s(percepts)
    found = []
    for person in sorted({u.person for u in utterances if isinstance(u.person, str)} - seen):
        own = merge((u.span for u in utterances if u.person == person), gap_s=_SILENCE_S)
        edges = [0.0, *(t for span in own for t in (span.start_s, span.end_s)), last_s]
        silent = [
            Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= _SILENCE_S
        ]
        found += [
            Clue("", "voice", "voice.silent", person, span, book.phrase("voice.silent"), 1.0, {})
            for span in silent
        ]
    return found


def semitones(pitch_hz: float, usual_hz: float) -> float:
    """How far one pitch is above another."""
    return 12 * math.log2(pitch_hz / usual_hz)


def slug(event: SoundEvent) -> str:
    """A sound's name as it stands in kinds of clues: "baby_crying"."""
    return "_".join(event.name.lower().split())


def owners(percepts: Percepts) -> list[tuple[SoundEvent, str | None]]:
    """Every sound with the person it comes from: who speaks near it, or the only one; else None."""
    events = () if isinstance(percepts.events, Missing) else percepts.events
    if not events:
        return []
    utterances = () if isinstance(percepts.utterances, Missing) else percepts.utterances
    spoken = sorted((u for u in utterances if isinstance(u.person, str)), key=lambda u: u.span)
    faces = () if isinstance(percepts.faces, Missing) else percepts.faces
    people = {f.person for f in faces} | {str(u.person) for u in spoken}
    only = people.pop() if len(people) == 1 else None
    return [(event, _owner(event, spoken, only)) for event in events]


def _owner(event: SoundEvent, spoken: Sequence[Utterance], only: str | None) -> str | None:
    """Whose a sound is; the utterances are in order of time."""
    if slug(event) in _NOBODYS:
        return None
    wide = Span(event.span.start_s - _NEAR_S, event.span.end_s + _NEAR_S)
    behind = bisect.bisect_left(spoken, wide.end_s, key=lambda u: u.span.start_s)
    # Utterances are at most a few seconds long: those that began long before are over.
    first = bisect.bisect_left(spoken, wide.start_s - _LONGEST_S, key=lambda u: u.span.start_s)
    near = [u for u in spoken[first:behind] if wide.overlap_s(u.span) > 0]
    if not near:
        return only
    return str(max(near, key=lambda u: wide.overlap_s(u.span)).person)


def _clue(heard: _Heard, person: str | None, span: Span, book: Phrasebook) -> Clue:
    """The clue for one thing heard."""
    phrase = f"{heard.kind}.absolute" if heard.absolute else heard.kind
    text = book.phrase(phrase, heard.numbers)
    return Clue(
        "", "voice", heard.kind, person, span, text, round(heard.strength, 3), heard.numbers
    )


def _clear(change: float, feature: str) -> float | None:
    """Strength 0.4–1 of a difference, or None when it cannot be heard."""
    audible, full = _RELATIVE[feature]
    if abs(change) < audible:
        return None
    return 0.4 + 0.6 * min(1.0, (abs(change) - audible) / (full - audible))


def _against(utterance: Utterance, usual: Baseline) -> list[_Heard]:
    """What differs from the speaker's own usual."""
    heard: list[_Heard] = []

    def note(feature: str, kinds: tuple[str, str], change: float, numbers: _Numbers) -> None:
        strength = _clear(change, feature)
        if strength is not None:
            heard.append(_Heard(kinds[0] if change > 0 else kinds[1], strength, numbers))

    if utterance.pitch_hz and usual.pitch_hz:
        change = semitones(utterance.pitch_hz, usual.pitch_hz)
        numbers = {"change_st": change, "pitch_hz": utterance.pitch_hz, "usual_hz": usual.pitch_hz}
        note("pitch", ("pitch.high", "pitch.low"), change, numbers)
    if utterance.pitch_range_st is not None and usual.pitch_range_st is not None:
        change = utterance.pitch_range_st - usual.pitch_range_st
        numbers = {"range_st": utterance.pitch_range_st, "change_st": change}
        note("melody", ("pitch.wide", "pitch.flat"), change, numbers)
    if utterance.loudness_db is not None and usual.loudness_db is not None:
        change = utterance.loudness_db - usual.loudness_db
        numbers = {"change_db": change, "loudness_db": utterance.loudness_db}
        note("loudness", ("loudness.high", "loudness.low"), change, numbers)
    if utterance.rate_hz and usual.rate_hz:
        change = utterance.rate_hz / usual.rate_hz - 1
        numbers = {"rate_hz": utterance.rate_hz, "usual_hz": usual.rate_hz}
        note("rate", ("rate.fast", "rate.slow"), change, numbers)
    if utterance.brightness_db is not None and usual.brightness_db is not None:
        change = utterance.brightness_db - usual.brightness_db
        note("brightness", ("brightness.high", "brightness.low"), change, {"change_db": change})
    return heard


def _alone(utterance: Utterance) -> list[_Heard]:
    """What can be said of a voice that there is no baseline for."""
    heard = []
    width = utterance.pitch_range_st
    if width is not None and not _FLAT_ST < width < _WIDE_ST:
        kind = "pitch.wide" if width >= _WIDE_ST else "pitch.flat"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"range_st": width}, absolute=True))
    slope = utterance.pitch_slope_st_s
    if slope is not None and not _FALLING_ST_S < slope < _RISING_ST_S:
        kind = "pitch.rising" if slope > 0 else "pitch.falling"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"slope_st_s": slope}, absolute=True))
    rate = utterance.rate_hz
    if rate is not None and not _SLOW_HZ < rate < _FAST_HZ:
        kind = "rate.fast" if rate >= _FAST_HZ else "rate.slow"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"rate_hz": rate}, absolute=True))
    colour = utterance.brightness_db
    if colour is not None and not _SOFT_DB < colour < _SHARP_DB:
        kind = "brightness.high" if colour >= _SHARP_DB else "brightness.low"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"brightness_db": colour}, absolute=True))
    return heard


def _pauses(utterance: Utterance) -> list[_Heard]:
    """A long pause before speaking."""
    pause_s = utterance.pause_before_s
    if pause_s is None or pause_s < _PAUSE_S:
        return []
    return [_Heard("pause.long", min(1.0, 0.3 * pause_s / _LONG_PAUSE_S), {"pause_s": pause_s})]


def _events(percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """Laughter, crying and other sounds."""
    return [
        Clue(
            id="",
            modality="voice",
            kind=f"event.{slug(event)}",
            person=person,
            span=event.span,
            text=book.phrase(f"event.{slug(event)}", {"name": event.name.lower()}),
            strength=round(event.confidence, 3),
            numbers={"confidence": event.confidence},
        )
        for event, person in owners(percepts)
        if slug(event) not in _SPEECH
    ]
