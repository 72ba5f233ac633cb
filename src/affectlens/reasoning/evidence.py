"""Evidence: what each measurement of one person in one span says about the labels, in nats.

A source gives each label a score; the scores of all sources add up; `pool.py` makes probabilities
of the sum. Scores are over the labels of all spaces; only differences between labels matter.
"""

# T moments, E moments of the expression net, L labels

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectlens.clues.clue import Modality
from affectlens.clues.face import during
from affectlens.clues.voice import ENOUGH_UTTERANCES, semitones, slug
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import (
    ActionUnit,
    Baseline,
    Expression,
    FaceTrack,
    Floats,
    Utterance,
)
from affectlens.reasoning.measured import Own, moments
from affectlens.reasoning.weights import Scores, Weights


@dataclass(frozen=True, slots=True)
class Opinion:
    """A net's probabilities of its own labels, and how they count.

    They become nats in the words of a space (`pool.py`): where several of its labels are one there,
    what they share is added up before the logarithm is taken, so that ruling one out is not taken
    for ruling out the other.
    """

    probabilities: Mapping[str, float]
    weight: float
    floor: float  # limits what it can rule out

    def nats(self, probability: float) -> float:
        """What a probability says against "no idea"."""
        uniform = 1 / len(self.probabilities)
        return self.weight * math.log((probability + self.floor) / (uniform + self.floor))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says; `source` is such as "AU12", "rest" or "tone"."""

    modality: Modality
    source: str
    scores: Scores
    opinion: Opinion | None = None


def evidence(own: Own, span: Span, weights: Weights) -> list[Evidence]:
    """All evidence about a person in a span."""
    speaking = [u.span for u in own.utterances]
    return [
        *(e for track in own.tracks for e in face_evidence(track, span, speaking, weights)),
        *voice_evidence(own, span, weights),
        *words_evidence(own, span, weights),
    ]


def face_evidence(
    track: FaceTrack, span: Span, speaking: Sequence[Span], weights: Weights
) -> list[Evidence]:
    """What a face says in a span; nothing when it is not seen or not measured."""
    inside = moments(track, span)
    if inside.start >= inside.stop:
        return []
    found = _units(track, inside, speaking, weights)
    if not isinstance(track.expression, Missing):
        found += _expression(track.expression, span, weights)
    if any(isinstance(u, ActionUnit) for u in track.action_units.values()):
        found.append(Evidence("face", "rest", {"neutral": weights.face.rest}))
    certain = _glimpse(track, inside, span, weights)
    return [_less(certain, piece) for piece in found]


def voice_evidence(own: Own, span: Span, weights: Weights) -> list[Evidence]:
    """What a voice says in a span; nothing while the person is silent."""
    found: list[Evidence] = []
    said = [u for u in own.utterances if _shared(u.span, span)]
    changed = _average([(u, changes(u, own.baseline, weights)) for u in said], span)
    if changed:
        found += _spoken_so(changed, weights)
    for event in own.events:
        table = weights.voice.events.get(slug(event), {})
        if table and _shared(event.span, span):
            scores = _times(event.confidence, table)
            found.append(Evidence("voice", f"event.{slug(event)}", scores))
    return found


def words_evidence(own: Own, span: Span, weights: Weights) -> list[Evidence]:
    """What the words of a person alone say in a span."""
    tones = [t for t in own.tones if _shared(t.span, span)]
    if not tones:
        return []
    labels = sorted({label for tone in tones for label in tone.probabilities})
    shares = [max(_shared(t.span, span), 1e-3) for t in tones]
    mean = {
        label: sum(n * t.probabilities.get(label, 0.0) for n, t in zip(shares, tones, strict=True))
        / sum(shares)
        for label in labels
    }
    plain = mean.pop("neutral", 0.0)
    said = sum(mean.values())
    opinion = None
    if said > 0:
        emotions = {label: p / said for label, p in mean.items()}
        opinion = Opinion(emotions, weights.words.weight * (1 - plain), weights.words.floor)
    return [Evidence("words", "tone", {"neutral": weights.words.neutral * plain}, opinion)]


def changes(utterance: Utterance, baseline: Baseline | None, weights: Weights) -> dict[str, float]:
    """How each number of a voice differs from its usual, as shares of a full change, -1 … 1.

    Without a baseline only the numbers that have a general usual are told, and count less.
    """
    numbers = weights.voice.numbers
    alone = baseline is None or baseline.utterances < ENOUGH_UTTERANCES
    usual = _usual(weights) if alone or baseline is None else baseline
    differences = {
        **_relative(utterance, usual),
        # No person's voice has a usual slope of its own: utterances fall, questions rise.
        "slope_st_s": _minus(utterance.pitch_slope_st_s, numbers["slope_st_s"].usual),
    }
    return {
        name: (numbers[name].alone if alone else 1.0)
        * min(1.0, max(-1.0, value / numbers[name].full))
        for name, value in differences.items()
        if value is not None
    }


def _usual(weights: Weights) -> Baseline:
    """What stands in for a voice's own resting values."""
    numbers = weights.voice.numbers
    return Baseline(
        pitch_hz=None,
        pitch_range_st=numbers["melody_st"].usual,
        loudness_db=None,
        rate_hz=numbers["rate_share"].usual,
        brightness_db=numbers["brightness_db"].usual,
        utterances=0,
    )


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
        scores = _times(weights.voice.sound * share, how.says)
        found.append(Evidence("voice", how.high if share > 0 else how.low, scores))
    size = sum(abs(share) for share in changed.values()) / len(changed)
    calm = {"neutral": weights.voice.calm * (1 - 2 * size)}
    found.append(Evidence("voice", "calm", _times(weights.voice.sound, calm)))
    return found


def _units(
    track: FaceTrack, inside: slice, speaking: Sequence[Span], weights: Weights
) -> list[Evidence]:
    """One piece of evidence for each action unit that is active."""
    face = weights.face
    spoken_T = during(track.times_T[inside], speaking)
    levels: dict[str, float] = {}
    for name, unit in track.action_units.items():
        if isinstance(unit, Missing) or name not in face.units:
            continue
        values_T = unit.intensity_T[inside]
        if name in face.mouth:
            top = _apart_from_speech(values_T, spoken_T, face.strongest)
        else:
            top = _strongest(values_T, face.strongest)
        level = min(1.0, max(0.0, (top - face.floor) / (face.full - face.floor)))
        if name in face.speech_units:
            level *= 1 - float(spoken_T.mean()) * (1 - face.while_speaking)
        levels[name] = level
    smile, brow = levels.get("AU12", 0.0), levels.get("AU04", 0.0)
    # A slight pull of the lip corners under a lowered brow is a grimace; a broad one is a smile.
    levels["AU12"] = smile * (1 - face.grimace * brow * (1 - smile))
    found = []
    for name, level in levels.items():
        unit = track.action_units[name]
        if level > 0 and isinstance(unit, ActionUnit):
            share = level * weights.trust[unit.trust]
            found.append(Evidence("face", name, _times(share, face.units[name])))
    return found


def _apart_from_speech(values_T: Floats, spoken_T: NDArray[np.bool_], share: float) -> float:
    """How far a mouth moves that also speaks: words pull it for a moment, expressions hold it."""
    if not spoken_T.any():
        return _strongest(values_T, share)
    held = float(np.median(values_T[spoken_T]))
    if spoken_T.all():
        return held
    spoken = float(spoken_T.mean())
    return spoken * held + (1 - spoken) * _strongest(values_T[~spoken_T], share)


def _glimpse(track: FaceTrack, inside: slice, span: Span, weights: Weights) -> float:
    """How much a face counts that is in the window for a moment, 0–1; a still counts whole."""
    if not span.duration_s or len(track.times_T) == 1:
        return 1.0
    near_T = track.times_T[inside] if inside.stop - inside.start > 1 else track.times_T
    step_s = float(np.median(np.diff(near_T)))
    seen_s = int(inside.stop - inside.start) * step_s
    return min(1.0, seen_s / weights.face.glimpse_s)


def _less(factor: float, piece: Evidence) -> Evidence:
    """Evidence that counts less."""
    opinion = piece.opinion
    if opinion:
        opinion = replace(opinion, weight=factor * opinion.weight)
    return replace(piece, scores=_times(factor, piece.scores), opinion=opinion)


def _times(factor: float, scores: Scores) -> dict[str, float]:
    """Scores, scaled."""
    return {label: factor * nats for label, nats in scores.items()}


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
    opinion = Opinion(mean, weights.face.expression, weights.face.expression_floor)
    return [Evidence("face", "expression", {}, opinion)]


def _shared(inner: Span, span: Span) -> float:
    """Seconds shared; an instant inside counts a little."""
    if not inner.duration_s or not span.duration_s:
        return 1e-3 if span.holds(inner.start_s) or inner.holds(span.start_s) else 0.0
    return inner.overlap_s(span)
