"""Evidence: what each measurement of one person in one span says about the labels, in nats.

A source gives each label a score; the scores of all sources add up; `pool.py` makes probabilities
of the sum. Scores are over the labels of all spaces; only differences between labels matter.
"""

# T moments, E moments of the expression net, L labels

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.clues.clue import Modality
from affectlens.clues.voice import ENOUGH_UTTERANCES, semitones, slug, whose
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import (
    ActionUnit,
    Baseline,
    Expression,
    FaceTrack,
    Floats,
    Percepts,
    Utterance,
)
from affectlens.reasoning.weights import Scores, Weights


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says; `source` is such as "AU12", "rest" or "tone"."""

    modality: Modality
    source: str
    scores: Scores


def face_evidence(
    track: FaceTrack, span: Span, speaking: Sequence[Span], weights: Weights
) -> list[Evidence]:
    """What a face says in a span; nothing when it is not seen or not measured."""
    first, last = np.searchsorted(track.times_T, (span.start_s, span.end_s))
    last = max(int(last), int(first) + _touches(track, span, int(first)))
    if first >= last:
        return []
    found = _units(track, slice(int(first), last), _spoken(span, speaking), weights)
    if not isinstance(track.expression, Missing):
        found += _expression(track.expression, span, weights)
    if found or any(isinstance(u, ActionUnit) for u in track.action_units.values()):
        found.append(Evidence("face", "rest", {"neutral": weights.face.rest}))
    return found


def voice_evidence(person: str, span: Span, percepts: Percepts, weights: Weights) -> list[Evidence]:
    """What a voice says in a span; nothing while the person is silent."""
    found: list[Evidence] = []
    said = [u for u in _utterances(percepts) if u.person == person and _shared(u.span, span)]
    baseline = percepts.baselines.get(person)
    changed = _average([(u, changes(u, baseline, weights)) for u in said], span)
    if changed:
        found += _spoken_so(changed, weights)
    events = () if isinstance(percepts.events, Missing) else percepts.events
    for event in events:
        table = weights.voice.events.get(slug(event), {})
        if table and _shared(event.span, span) and whose(event, percepts) == person:
            scores = {label: nats * event.confidence for label, nats in table.items()}
            found.append(Evidence("voice", f"event.{slug(event)}", scores))
    return found


def words_evidence(person: str, span: Span, percepts: Percepts, weights: Weights) -> list[Evidence]:
    """What the words of a person alone say in a span."""
    tones = () if isinstance(percepts.tone, Missing) else percepts.tone
    own = [t for t in tones if t.person == person and _shared(t.span, span)]
    if not own:
        return []
    labels = sorted({label for tone in own for label in tone.probabilities})
    shares = [max(_shared(t.span, span), 1e-3) for t in own]
    mean = {
        label: sum(n * t.probabilities.get(label, 0.0) for n, t in zip(shares, own, strict=True))
        / sum(shares)
        for label in labels
    }
    plain = mean.pop("neutral", 0.0)
    said = sum(mean.values())
    scores = {"neutral": weights.words.neutral * plain}
    if said > 0:
        emotions = {label: p / said for label, p in mean.items()}
        weight = weights.words.weight * (1 - plain)
        scores |= _opinion(emotions, weight, weights.words.floor)
    return [Evidence("words", "tone", scores)]


def changes(utterance: Utterance, baseline: Baseline | None, weights: Weights) -> dict[str, float]:
    """How each number of a voice differs from its usual, as shares of a full change, -1 … 1.

    Without a baseline only the numbers that have a general usual are told, and count less.
    """
    numbers = weights.voice.numbers
    # No person's voice has a usual slope of its own: utterances fall, questions rise.
    slope = _minus(utterance.pitch_slope_st_s, numbers["slope_st_s"].usual)
    if baseline is None or baseline.utterances < ENOUGH_UTTERANCES:
        melody = _minus(utterance.pitch_range_st, numbers["melody_st"].usual)
        differences = {"melody_st": melody, "slope_st_s": slope}
        factor = weights.voice.absolute
    else:
        differences = {**_relative(utterance, baseline), "slope_st_s": slope}
        factor = 1.0
    return {
        name: factor * min(1.0, max(-1.0, value / numbers[name].full))
        for name, value in differences.items()
        if value is not None
    }


def _average(
    heard: Sequence[tuple[Utterance, Mapping[str, float]]], span: Span
) -> dict[str, float]:
    """Changes over a span, the utterances weighed by how long they are in it."""
    total: dict[str, float] = {}
    length_s: dict[str, float] = {}
    for utterance, changed in heard:
        shared_s = _shared(utterance.span, span)
        for name, share in changed.items():
            total[name] = total.get(name, 0.0) + shared_s * share
            length_s[name] = length_s.get(name, 0.0) + shared_s
    return {name: x / length_s[name] for name, x in total.items()}


def _relative(utterance: Utterance, usual: Baseline) -> dict[str, float | None]:
    """How an utterance differs from the speaker's usual."""
    pitched = utterance.pitch_hz and usual.pitch_hz
    paced = utterance.rate_hz and usual.rate_hz
    return {
        "pitch_st": semitones(utterance.pitch_hz or 1, usual.pitch_hz or 1) if pitched else None,
        "melody_st": _minus(utterance.pitch_range_st, usual.pitch_range_st),
        "loudness_db": _minus(utterance.loudness_db, usual.loudness_db),
        "rate_share": (utterance.rate_hz or 1) / (usual.rate_hz or 1) - 1 if paced else None,
        "brightness_db": _minus(utterance.brightness_db, usual.brightness_db),
    }


def _minus(now: float | None, usual: float | None) -> float | None:
    """A difference, when both numbers were had."""
    return None if now is None or usual is None else now - usual


def _spoken_so(changed: Mapping[str, float], weights: Weights) -> list[Evidence]:
    """What the changes of a voice say; small ones say neutral."""
    found = []
    for name, share in changed.items():
        how = weights.voice.numbers[name]
        scores = {label: share * nats for label, nats in how.says.items()}
        found.append(Evidence("voice", how.high if share > 0 else how.low, scores))
    size = sum(abs(share) for share in changed.values()) / len(changed)
    found.append(Evidence("voice", "calm", {"neutral": weights.voice.calm * (1 - 2 * size)}))
    return found


def _units(track: FaceTrack, inside: slice, spoken: float, weights: Weights) -> list[Evidence]:
    """One piece of evidence for each action unit that is active."""
    face = weights.face
    found = []
    for name, unit in track.action_units.items():
        if isinstance(unit, Missing) or name not in face.units:
            continue
        level = (_strongest(unit.intensity_T[inside], face.strongest) - face.floor) / (
            face.full - face.floor
        )
        level = min(1.0, max(0.0, level)) * weights.trust[unit.trust]
        if name in face.speech_units:
            level *= 1 - spoken * (1 - face.while_speaking)
        if level > 0:
            scores = {label: level * nats for label, nats in face.units[name].items()}
            found.append(Evidence("face", name, scores))
    return found


def _strongest(values_T: Floats, share: float) -> float:
    """Mean of the largest share of the values: a peak that one bad moment does not make."""
    count = max(1, round(share * len(values_T)))
    return float(np.sort(values_T)[-count:].mean())


def _expression(seen: Expression, span: Span, weights: Weights) -> list[Evidence]:
    """The expression net's opinion."""
    first, last = np.searchsorted(seen.times_E, (span.start_s, span.end_s))
    rows_EL = seen.probabilities_EL[first : max(int(last), int(first) + 1)]
    if not len(rows_EL) or not span.holds(float(seen.times_E[first])):
        return []
    mean = dict(zip(seen.labels, rows_EL.mean(axis=0).tolist(), strict=True))
    scores = _opinion(mean, weights.face.expression, weights.face.expression_floor)
    return [Evidence("face", "expression", scores)]


def _opinion(probabilities: Mapping[str, float], weight: float, floor: float) -> dict[str, float]:
    """A net's probabilities as nats against "no idea"; the floor limits what it can rule out."""
    uniform = 1 / len(probabilities)
    return {
        label: weight * math.log((p + floor) / (uniform + floor))
        for label, p in probabilities.items()
    }


def _touches(track: FaceTrack, span: Span, index: int) -> bool:
    """Whether the moment at an index lies in a span, its end included: stills, last frames."""
    return index < len(track.times_T) and span.holds(float(track.times_T[index]))


def _spoken(span: Span, speaking: Sequence[Span]) -> float:
    """Share of a span during which the person speaks."""
    if not span.duration_s:
        return 0.0
    return min(1.0, sum(span.overlap_s(s) for s in speaking) / span.duration_s)


def _shared(inner: Span, span: Span) -> float:
    """Seconds shared; an instant inside counts a little."""
    if not inner.duration_s or not span.duration_s:
        return 1e-3 if span.holds(inner.start_s) or inner.holds(span.start_s) else 0.0
    return inner.overlap_s(span)


def _utterances(percepts: Percepts) -> Sequence[Utterance]:
    """All utterances."""
    return () if isinstance(percepts.utterances, Missing) else percepts.utterances
