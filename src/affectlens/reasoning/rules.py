"""The rule baseline: transparent, weighted evidence; the reasoner that needs no model.

In plain words: every measurement of a person in a window has a say. A smile speaks for happy, a
lowered brow for angry, a voice louder than its usual for angry and against sad, laughter for
happy, words for what they read as. Each adds a few nats (weights.toml) to the
labels that it speaks for, more when the measurement is clear and trusted. A face that is seen and
does nothing speaks for neutral; silence speaks for nothing. The sums become probabilities by
softmax. The same is done with each modality alone, so that conflicts show. For the whole clip the
windows are averaged, those that express something counting more. When the likeliest label is
improbable, or the next too close, no label is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.gather import speaking
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, windows
from affectlens.perception.percepts import FaceTrack, Percepts
from affectlens.reasoning.analysis import Segment
from affectlens.reasoning.confidence import decide
from affectlens.reasoning.conflict import conflicts
from affectlens.reasoning.evidence import (
    Evidence,
    face_evidence,
    voice_evidence,
    words_evidence,
)
from affectlens.reasoning.explain import explain
from affectlens.reasoning.pool import average, probabilities, total, uniform
from affectlens.reasoning.reasoner import PersonReading, Reading, Reasoner
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.weights import Weights
from affectlens.reasoning.weights import weights as shipped

NAME = "rules"
_MODALITIES: tuple[Modality, ...] = ("face", "voice", "words")


@dataclass(frozen=True, slots=True)
class Rules:
    """The baseline with its settings and weights."""

    settings: ReasoningSettings
    weights: Weights

    def __call__(self, percepts: Percepts, clues: Sequence[Clue], space: LabelSpace) -> Reading:
        """Read everybody."""
        spans = windows(extent_s(percepts), width_s=self.settings.window_s)
        people = tuple(
            self._read(person, percepts, clues, space, spans) for person in persons(percepts)
        )
        book = phrasebook(self.settings.language)
        explanation = explain(people, clues, space, book, self.settings, self.weights)
        return Reading(NAME, people, explanation)

    def _read(
        self,
        person: str,
        percepts: Percepts,
        clues: Sequence[Clue],
        space: LabelSpace,
        spans: Sequence[Span],
    ) -> PersonReading:
        """Read one person."""
        own = [c for c in clues if c.person == person]
        heard = [observe(person, span, percepts, self.weights) for span in spans]
        segments = tuple(
            self._segment(span, evidence, own, space)
            for span, evidence in zip(spans, heard, strict=True)
        )
        nats = [total(evidence, space, self.weights) for evidence in heard if evidence]
        overall = (
            probabilities(average(nats, self.weights), space, self.weights)
            if nats
            else uniform(space)
        )
        book = phrasebook(self.settings.language)
        return PersonReading(
            id=person,
            label=self._label(overall),
            probabilities=overall,
            confidence=max(overall.values()),
            measured=bool(nats),
            segments=segments,
            conflicts=conflicts(person, segments, own, book, self.weights.conflict),
        )

    def _segment(
        self, span: Span, evidence: Sequence[Evidence], own: Sequence[Clue], space: LabelSpace
    ) -> Segment:
        """One person in one window."""
        fused = self._probabilities(evidence, space)
        by_modality: dict[str, Mapping[str, float]] = {}
        for modality in _MODALITIES:
            part = [piece for piece in evidence if piece.modality == modality]
            if part:
                by_modality[modality] = self._probabilities(part, space)
        return Segment(
            span=span,
            label=self._label(fused),
            probabilities=fused,
            confidence=max(fused.values()),
            modalities=by_modality,
            clues=tuple(c.id for c in own if _inside(c.span, span)),
        )

    def _probabilities(self, evidence: Sequence[Evidence], space: LabelSpace) -> dict[str, float]:
        """Probabilities from evidence; uniform without any."""
        if not evidence:
            return uniform(space)
        return probabilities(total(evidence, space, self.weights), space, self.weights)

    def _label(self, likely: Mapping[str, float]) -> str | None:
        """The label, or None to abstain."""
        return decide(likely, threshold=self.settings.threshold, margin=self.settings.margin)


def build(settings: ReasoningSettings, weights: Weights | None = None) -> Reasoner:
    """The rule baseline; the weights are those of the package unless others are given."""
    return Rules(settings, weights or shipped())


def observe(person: str, span: Span, percepts: Percepts, weights: Weights) -> list[Evidence]:
    """All evidence about a person in a span."""
    found: list[Evidence] = []
    for track in _tracks(percepts):
        if track.person == person:
            found += face_evidence(track, span, speaking(percepts, person), weights)
    return [
        *found,
        *voice_evidence(person, span, percepts, weights),
        *words_evidence(person, span, percepts, weights),
    ]


def persons(percepts: Percepts) -> list[str]:
    """Everybody: faces in order of appearance, then voices and writers without a face."""
    ids = [track.person for track in _tracks(percepts)]
    heard: list[str | Missing] = []
    if not isinstance(percepts.utterances, Missing):
        heard += [u.person for u in percepts.utterances]
    if not isinstance(percepts.transcript, Missing):
        heard += [s.person for s in percepts.transcript.sentences]
    ids += sorted({p for p in heard if isinstance(p, str)})
    return list(dict.fromkeys(ids))


def extent_s(percepts: Percepts) -> float:
    """When the last thing that was measured ends, in seconds; 0.0 for a still image."""
    ends = [0.0]
    ends += [float(t.times_T[-1]) for t in _tracks(percepts) if len(t.times_T)]
    if not isinstance(percepts.shots, Missing):
        ends += [shot.span.end_s for shot in percepts.shots]
    if not isinstance(percepts.voice, Missing) and len(percepts.voice.times_V):
        ends.append(float(np.max(percepts.voice.times_V)))
    if not isinstance(percepts.utterances, Missing):
        ends += [u.span.end_s for u in percepts.utterances]
    if not isinstance(percepts.transcript, Missing):
        ends += [s.span.end_s for s in percepts.transcript.sentences]
    return max(ends)


def _tracks(percepts: Percepts) -> Sequence[FaceTrack]:
    """All face tracks."""
    return () if isinstance(percepts.faces, Missing) else percepts.faces


def _inside(inner: Span, window: Span) -> bool:
    """Whether a clue concerns a window."""
    return inner.overlap_s(window) > 0 or window.holds(inner.start_s)
