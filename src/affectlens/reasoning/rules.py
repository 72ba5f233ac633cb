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

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.extent import end_s
from affectlens.clues.phrasebook import phrasebook
from affectlens.clues.words import signed
from affectlens.emotions.dimensions import VALENCE_AROUSAL
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import SPACES, space
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.timeline import Span, windows
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Segment
from affectlens.reasoning.confidence import decide
from affectlens.reasoning.conflict import conflicts
from affectlens.reasoning.evidence import Evidence, evidence
from affectlens.reasoning.explain import checked, explain
from affectlens.reasoning.measured import Own, cut, fall, measured, people
from affectlens.reasoning.pool import average, probabilities, total, uniform
from affectlens.reasoning.reasoner import PersonReading, Reading, Reasoner
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.weights import Weights
from affectlens.reasoning.weights import weights as shipped
from affectlens.reasoning.worth import leading, telling

NAME = "rules"
_MODALITIES: tuple[Modality, ...] = ("face", "voice", "words")


@dataclass(frozen=True, slots=True)
class Rules:
    """The baseline with its settings and weights."""

    settings: ReasoningSettings
    weights: Weights

    def __call__(self, percepts: Percepts, clues: Sequence[Clue], space: LabelSpace) -> Reading:
        """Read everybody."""
        _refuse(space)
        percepts = signed(percepts)
        spans = windows(end_s(percepts), width_s=self.settings.window_s)
        read = tuple(self._read(own, clues, space, spans) for own in people(percepts))
        book = phrasebook(self.settings.language)
        explanation = explain(read, clues, space, book, self.settings, self.weights)
        return Reading(NAME, read, checked(explanation, clues, read), self.settings.peak)

    def _read(
        self, whole: Own, clues: Sequence[Clue], space: LabelSpace, spans: Sequence[Span]
    ) -> PersonReading:
        """Read one person."""
        mine = [c for c in clues if c.person == whole.person]
        parts = cut(whole, spans)
        found = [evidence(own, span, self.weights) for own, span in zip(parts, spans, strict=True)]
        segments = tuple(
            self._segment(seen, pieces, near, space)
            for own, span, pieces, near in zip(parts, spans, found, fall(mine, spans), strict=True)
            if (seen := measured(own, span))
        )
        nats = [total(pieces, space, self.weights) for pieces in found if pieces]
        overall = (
            probabilities(average(nats, self.weights), space, self.weights)
            if nats
            else uniform(space)
        )
        book = phrasebook(self.settings.language)
        return PersonReading(
            id=whole.person,
            label=self._label(overall),
            probabilities=overall,
            confidence=max(overall.values()),
            measured=bool(nats),
            segments=segments,
            conflicts=conflicts(whole.person, segments, mine, book, space, self.weights),
        )

    def _segment(
        self, span: Span, found: Sequence[Evidence], near: Sequence[Clue], space: LabelSpace
    ) -> Segment:
        """One person in one window; `near` are the clues that touch it."""
        fused = self._probabilities(found, space)
        by_modality: dict[str, Mapping[str, float]] = {}
        for modality in _MODALITIES:
            part = [piece for piece in found if piece.modality == modality]
            if part:
                by_modality[modality] = self._probabilities(part, space)
        label = self._label(fused)
        labels = leading(label, fused)
        return Segment(
            span=span,
            label=label,
            probabilities=fused,
            confidence=max(fused.values()),
            modalities=by_modality,
            clues=tuple(c.id for c in telling(near, span, labels, space, self.weights)),
        )

    def _probabilities(self, found: Sequence[Evidence], space: LabelSpace) -> dict[str, float]:
        """Probabilities from evidence; uniform without any."""
        if not found:
            return uniform(space)
        return probabilities(total(found, space, self.weights), space, self.weights)

    def _label(self, likely: Mapping[str, float]) -> str | None:
        """The label, or None to abstain."""
        return decide(likely, threshold=self.settings.threshold, margin=self.settings.margin)


def unknown(space: LabelSpace) -> list[str]:
    """The labels of a space that no evidence speaks for; the rules answer where there are none."""
    return [label for label in space.labels if label not in VALENCE_AROUSAL]


def build(settings: ReasoningSettings, weights: Weights | None = None) -> Reasoner:
    """The rule baseline; the weights are those of the package unless others are given.

    Raises:
        ConfigError: its label space has words that the rules do not know.
    """
    _refuse(space(settings.label_space))
    return Rules(settings, weights or shipped())


def _refuse(asked: LabelSpace) -> None:
    """Evidence for a word that nobody weighed would be lost, and the answer wrong."""
    if words := unknown(asked):
        same = asked.plain()
        instead = f", or {same.name!r}" if same is not None and not unknown(same) else ""
        able = ", ".join(name for name, one in SPACES.items() if not unknown(one))
        raise ConfigError(
            f"The rules know no evidence for {', '.join(words)}, which {asked.name} has. They "
            f"know {', '.join(VALENCE_AROUSAL)}. Ask them in one of {able}{instead}."
        )
