"""From a clip's facts, percepts, clues and a reading to the `Analysis`."""

# T moments of a track, K moments that are kept

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from affectlens.clues.clue import Clue
from affectlens.clues.episodes import gap_s
from affectlens.clues.words import signed
from affectlens.emotions.dimensions import expected
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, merge
from affectlens.perception.peaks import Method, peak
from affectlens.perception.percepts import FaceTrack, Percepts
from affectlens.reasoning.absences import absences
from affectlens.reasoning.analysis import (
    ActionUnitSummary,
    Analysis,
    InputFacts,
    Person,
    Run,
    Said,
    Track,
)
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.vocabulary import words

# A track keeps at most this many moments per second, and in long clips at most this many in all.
_RATE_HZ = 10.0
_MOMENTS = 12_000
# A face that is away for longer than this was not there in between.
_GAP_S = 0.5
_NOT_SEEN = "the person was heard, not seen"


def assemble(
    facts: InputFacts,
    percepts: Percepts,
    clues: Sequence[Clue],
    reading: Reading,
    run: Run,
) -> Analysis:
    """The answer for one input."""
    percepts = signed(percepts)
    transcript = None if isinstance(percepts.transcript, Missing) else percepts.transcript
    return Analysis(
        input=facts,
        people=tuple(_person(one, percepts, clues, reading.peaks) for one in reading.people),
        explanation=reading.explanation,
        clues=tuple(clues),
        transcript=tuple(
            Said(s.span, _known(s.person), s.text, s.confidence)
            for s in (transcript.sentences if transcript else ())
        ),
        language=transcript.language if transcript else None,
        missing=tuple(dict.fromkeys((*absences(facts.streams, percepts), *reading.missing))),
        warnings=percepts.warnings,
        run=run,
    )


def _person(
    reading: PersonReading, percepts: Percepts, clues: Sequence[Clue], peaks: Method
) -> Person:
    """One person: what was read, and what was measured."""
    tracks = () if isinstance(percepts.faces, Missing) else percepts.faces
    track = next((t for t in tracks if t.person == reading.id and len(t.times_T)), None)
    valence, arousal = expected(reading.probabilities) if reading.measured else (None, None)
    top = peak(track, peaks) if track else Missing(_NOT_SEEN)
    kept_K = _kept(track.times_T) if track else np.zeros(0, np.intp)
    return Person(
        id=reading.id,
        label=reading.label,
        probabilities=reading.probabilities,
        confidence=reading.confidence,
        open_vocabulary=words(
            reading.label, reading.probabilities, (c.kind for c in clues if c.person == reading.id)
        ),
        valence=valence,
        arousal=arousal,
        peak_time_s=float(track.times_T[top]) if track and isinstance(top, int) else None,
        speaking_s=_speaking_s(reading.id, percepts),
        track=_track(track, kept_K) if track else None,
        segments=reading.segments,
        conflicts=reading.conflicts,
        action_units=_action_units(track, kept_K) if track else {},
    )


def _speaking_s(person: str, percepts: Percepts) -> float:
    """How long a person speaks."""
    if isinstance(percepts.utterances, Missing):
        return 0.0
    spans = merge(u.span for u in percepts.utterances if u.person == person)
    return sum(span.duration_s for span in spans)


def _kept(times_T: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of the moments that are kept: the first in each of equal steps of time."""
    if not len(times_T):
        return np.zeros(0, np.intp)
    length_s = float(times_T[-1] - times_T[0])
    step_s = max(1 / _RATE_HZ, length_s / _MOMENTS)
    # A hair is added so that 0.3 / 0.1 falls into step 3 and not 2.
    steps_T = np.floor((times_T - times_T[0]) / step_s + 1e-6)
    return np.flatnonzero(np.diff(steps_T, prepend=-1.0) > 0)


def _track(track: FaceTrack, kept_K: NDArray[np.intp]) -> Track:
    """Where the face was."""
    boxes_K4 = track.boxes_T4[kept_K].astype(float).tolist()
    moments = [Span(float(t), float(t)) for t in track.times_T]
    return Track(
        times_s=tuple(track.times_T[kept_K].tolist()),
        boxes=tuple((left, top, right, bottom) for left, top, right, bottom in boxes_K4),
        presence=tuple(merge(moments, gap_s=gap_s(track.times_T, _GAP_S))),
    )


def _action_units(
    track: FaceTrack, kept_K: NDArray[np.intp]
) -> Mapping[str, ActionUnitSummary | str]:
    """Every action unit, or the reason why it is missing."""
    found: dict[str, ActionUnitSummary | str] = {}
    for name, unit in track.action_units.items():
        if isinstance(unit, Missing):
            found[name] = unit.reason
            continue
        top = int(unit.intensity_T.argmax())
        found[name] = ActionUnitSummary(
            trust=unit.trust,
            mean=float(unit.intensity_T.mean()),
            peak=float(unit.intensity_T[top]),
            peak_time_s=float(track.times_T[top]),
            series=tuple(unit.intensity_T[kept_K].astype(float).tolist()),
        )
    return found


def _known(person: str | Missing) -> str | None:
    """A person's id, or None."""
    return None if isinstance(person, Missing) else person
