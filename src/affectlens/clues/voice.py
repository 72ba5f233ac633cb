"""Clues of a voice: how it differs from the speaker's own usual, and sounds that are not words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import Phrasebook
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
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
_WIDE_ST, _FLAT_ST = 10.0, 2.5
_STEEP_ST_S = 4.0
_FAST_HZ, _SLOW_HZ = 6.0, 2.5
_PAUSE_S, _LONG_PAUSE_S = 1.0, 3.0

# Sounds that are told elsewhere: words.
_SPEECH = frozenset({"speech"})
# Sounds that are nobody's in particular.
_NOBODYS = frozenset({"music", "applause", "cheering", "baby_crying", "baby_laughter"})
# A sound belongs to whoever speaks at most this far from it.
_NEAR_S = 0.5


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
        clues += [_clue(h, person, utterance.span, book) for h in heard]
    return clues + _events(percepts, book)


def semitones(pitch_hz: float, usual_hz: float) -> float:
    """How far one pitch is above another."""
    return 12 * math.log2(pitch_hz / usual_hz)


def slug(event: SoundEvent) -> str:
    """A sound's name as it stands in kinds of clues: "baby_crying"."""
    return "_".join(event.name.lower().split())


def whose(event: SoundEvent, percepts: Percepts) -> str | None:
    """The person a sound comes from: who speaks near it, or the only one there is; else None."""
    if slug(event) in _NOBODYS:
        return None
    utterances = () if isinstance(percepts.utterances, Missing) else percepts.utterances
    wide = Span(event.span.start_s - _NEAR_S, event.span.end_s + _NEAR_S)
    near = [u for u in utterances if isinstance(u.person, str) and wide.overlap_s(u.span) > 0]
    if near:
        best = max(near, key=lambda u: wide.overlap_s(u.span))
        return best.person if isinstance(best.person, str) else None
    faces = () if isinstance(percepts.faces, Missing) else percepts.faces
    people = {f.person for f in faces} | {u.person for u in utterances if isinstance(u.person, str)}
    return people.pop() if len(people) == 1 else None


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
    if slope is not None and abs(slope) >= _STEEP_ST_S:
        kind = "pitch.rising" if slope > 0 else "pitch.falling"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"slope_st_s": slope}, absolute=True))
    rate = utterance.rate_hz
    if rate is not None and not _SLOW_HZ < rate < _FAST_HZ:
        kind = "rate.fast" if rate >= _FAST_HZ else "rate.slow"
        heard.append(_Heard(kind, _ABSOLUTE_STRENGTH, {"rate_hz": rate}, absolute=True))
    return heard


def _pauses(utterance: Utterance) -> list[_Heard]:
    """A long pause before speaking."""
    pause_s = utterance.pause_before_s
    if pause_s is None or pause_s < _PAUSE_S:
        return []
    return [_Heard("pause.long", min(1.0, 0.3 * pause_s / _LONG_PAUSE_S), {"pause_s": pause_s})]


def _events(percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """Laughter, crying and other sounds."""
    events: Sequence[SoundEvent] = () if isinstance(percepts.events, Missing) else percepts.events
    return [
        Clue(
            id="",
            modality="voice",
            kind=f"event.{slug(event)}",
            person=whose(event, percepts),
            span=event.span,
            text=book.phrase(f"event.{slug(event)}", {"name": event.name.lower()}),
            strength=round(event.confidence, 3),
            numbers={"confidence": event.confidence},
        )
        for event in events
        if slug(event) not in _SPEECH
    ]
