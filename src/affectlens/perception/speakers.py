"""Who speaks: mouths that move while a voice is heard."""

# T moments of one face's track

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import FaceTrack, Sentence, Transcript

OFF_SCREEN = "V1"  # a voice without a face
_LEAST_MOMENTS = 4  # of a face inside an utterance, to judge its mouth
_LEAST_SHARE = 0.4  # of the utterance that the face is seen
# Spread (5th–95th percentile) of the inner-lip gap over the distance of the eyes' outer corners.
_STILL, _MOVING = 0.03, 0.06
_NEAR_S = 1.0  # of a voice, for words that lie beside it
_CLEARLY = 1.5  # times as much motion as the other faces


@dataclass(frozen=True, slots=True)
class _Mouth:
    """How much one face's mouth moves in one utterance."""

    person: str
    motion: float  # spread of the opening, less what it does in silence


def who_speaks(
    speech: Sequence[Span], faces: tuple[FaceTrack, ...] | Missing
) -> tuple[str | Missing, ...]:
    """For each stretch of speech a face's id, "V1" for a voice without a face, or why not known."""
    if isinstance(faces, Missing) or not faces:
        return tuple(OFF_SCREEN for _ in speech)
    rest = {face.person: _motion(face, _pauses(face, speech)) or 0.0 for face in faces}
    return tuple(_speaker(span, faces, rest) for span in speech)


def _speaker(span: Span, faces: tuple[FaceTrack, ...], rest: Mapping[str, float]) -> str | Missing:
    """The face whose mouth moves clearly more than the others'."""
    seen = [face for face in faces if _share(face, span) >= _LEAST_SHARE]
    if not seen:
        return OFF_SCREEN
    mouths = [mouth for face in seen if (mouth := _mouth(face, span, rest[face.person]))]
    if not mouths:
        return Missing("no mouth could be measured while this voice is heard")
    first, *others = sorted(mouths, key=lambda mouth: -mouth.motion)
    if first.motion < _STILL:
        return OFF_SCREEN
    if others and others[0].motion > max(_STILL, first.motion / _CLEARLY):
        return Missing(f"two mouths move: {first.person} and {others[0].person}")
    if first.motion < _MOVING and len(mouths) < len(seen):
        return Missing(f"{first.person}'s mouth hardly moves and not every mouth could be measured")
    return first.person


def _inside(face: FaceTrack, span: Span) -> slice:
    """The moments of a track in a span."""
    start, end = np.searchsorted(face.times_T, [span.start_s, span.end_s])
    return slice(int(start), int(end))


def _share(face: FaceTrack, span: Span) -> float:
    """Share of a span during which a face is seen."""
    steps = np.diff(face.times_T)
    step_s = float(np.median(steps)) if len(steps) else 0.0
    return len(face.times_T[_inside(face, span)]) * step_s / max(span.duration_s, 1e-6)


def _mouth(face: FaceTrack, span: Span, rest: float) -> _Mouth | None:
    """How the mouth moves in a span; None when it was not measured."""
    during_T = np.zeros(len(face.times_T), bool)
    during_T[_inside(face, span)] = True
    motion = _motion(face, during_T)
    if motion is None:
        return None
    # A mouth that chews or laughs moves in silence too; a third of that is taken off.
    return _Mouth(face.person, motion - min(rest, motion) / 3)


def _motion(face: FaceTrack, chosen_T: NDArray[np.bool_]) -> float | None:
    """5th to 95th percentile of the mouth's opening over the chosen moments."""
    if isinstance(face.mouth_open_T, Missing):
        return None
    open_T = face.mouth_open_T[chosen_T]
    open_T = open_T[np.isfinite(open_T)]
    if len(open_T) < _LEAST_MOMENTS:
        return None
    low, high = np.percentile(open_T, [5, 95])
    return float(high - low)


def _pauses(face: FaceTrack, speech: Sequence[Span]) -> NDArray[np.bool_]:
    """The moments of a track at which nobody speaks."""
    quiet_T = np.ones(len(face.times_T), bool)
    for span in speech:
        quiet_T[_inside(face, span)] = False
    return quiet_T


def name_speakers(
    transcript: Transcript, speech: Sequence[Span], persons: Sequence[str | Missing]
) -> Transcript:
    """The same words with who says them; a sentence over a change of speaker is cut there."""
    sentences: list[Sentence] = []
    for sentence in transcript.sentences:
        owners = [_owner(word.span, speech, persons) for word in sentence.words]
        if len(set(owners)) <= 1:
            person = owners[0] if owners else _owner(sentence.span, speech, persons)
            sentences.append(replace(sentence, person=person))
            continue
        first = 0
        for i in range(1, len(owners) + 1):
            if i == len(owners) or owners[i] != owners[first]:
                sentences.append(_cut(sentence, first, i, owners[first]))
                first = i
    return replace(transcript, sentences=tuple(sentences))


def _cut(sentence: Sentence, first: int, last: int, person: str | Missing) -> Sentence:
    """Some words of a sentence, as one of its own."""
    words = sentence.words[first:last]
    span = Span(words[0].span.start_s, max(word.span.end_s for word in words))
    glue = " " if " " in sentence.text else ""  # Chinese and its like part no words
    text = glue.join(word.text for word in words)
    return Sentence(span, text, words, person, sentence.confidence)


def _owner(span: Span, speech: Sequence[Span], persons: Sequence[str | Missing]) -> str | Missing:
    """Who has the stretch of speech that shares most time with a span, or lies nearest."""

    def closeness(i: int) -> tuple[float, float]:
        gap_s = max(speech[i].start_s - span.end_s, span.start_s - speech[i].end_s, 0.0)
        return (speech[i].overlap_s(span), -gap_s)

    behind = bisect.bisect_right(speech, span.start_s, key=lambda s: s.start_s)
    ahead = bisect.bisect_left(speech, span.end_s, key=lambda s: s.start_s)
    nearby = range(max(0, behind - 1), min(len(speech), ahead + 1))
    best = max(nearby, key=closeness, default=None)
    if best is None or closeness(best)[1] < -_NEAR_S:
        return Missing("no voice was found at this time")
    return persons[best]
