"""An explanation by rule: for each person two to five sentences, each a claim that cites clues.

Nothing is said that is not in a clue; a person's label is said with the clues that speak for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.phrasebook import Phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim, ClaimStatus, Explanation
from affectlens.reasoning.confidence import doubt, ranked
from affectlens.reasoning.pool import fold
from affectlens.reasoning.reasoner import PersonReading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.weights import Scores, Weights

# A sentence about a face or a voice names at most this many clues, about one moment.
_NAMED = 3
_TOGETHER_S = 0.5
_TOLD: tuple[Modality, ...] = ("face", "voice", "words")


def explain(
    people: Sequence[PersonReading],
    clues: Sequence[Clue],
    space: LabelSpace,
    book: Phrasebook,
    settings: ReasoningSettings,
    weights: Weights,
) -> Explanation:
    """Why everybody was read as they were."""
    teller = _Teller(clues, space, book, settings, weights)
    claims = [claim for person in people for claim in teller.person(person)]
    if not people:
        claims = [Claim(book.sentence("nobody"), "scene", None, Span(0, 0), (), "unchecked")]
    return Explanation(" ".join(claim.text for claim in claims), tuple(claims))


def said_by(kind: str, weights: Weights) -> Scores:
    """What a kind of clue says about the labels, in nats; empty for plain facts."""
    family, _, rest = kind.partition(".")
    voice = weights.voice
    if kind == "face.rest":
        return {"neutral": weights.face.rest}
    if family == "expression":
        return {rest: weights.face.expression}
    if family == "tone":
        return {rest: weights.words.weight}
    if family == "event":
        return voice.events.get(rest, {})
    for number in voice.numbers.values():
        if kind in (number.high, number.low):
            sign = 1 if kind == number.high else -1
            return {label: sign * nats for label, nats in number.says.items()}
    return weights.face.units.get(kind, {})


@dataclass(frozen=True, slots=True)
class _Teller:
    """Everything that a sentence is made from."""

    clues: Sequence[Clue]
    space: LabelSpace
    book: Phrasebook
    settings: ReasoningSettings
    weights: Weights

    def person(self, reading: PersonReading) -> list[Claim]:
        """The claims about one person."""
        own = [c for c in self.clues if c.person == reading.id]
        worth = {c.id: self._worth(c, reading.label) for c in own}
        best = sorted((c for c in own if worth[c.id] > 0), key=lambda c: (-worth[c.id], c.id))
        claims = [self._label(reading, best, own)]
        for modality in _TOLD:
            told = self._together([c for c in best if c.modality == modality])
            if not told and modality == "words":
                told = [c for c in own if c.kind == "quote"][:1]
            if told:
                claims.append(self._seen(reading.id, modality, told))
        if reading.conflicts:
            first = reading.conflicts[0]
            status: ClaimStatus = "supported" if first.clues else "unchecked"
            claims.append(
                Claim(first.text, first.modalities[0], reading.id, first.span, first.clues, status)
            )
        return claims

    def _worth(self, clue: Clue, label: str | None) -> float:
        """How much a clue speaks for a label, or for any when there is none."""
        scores = fold(said_by(clue.kind, self.weights), self.space, self.weights)
        nats = scores.get(label, 0.0) if label else max(scores.values(), default=0.0)
        return clue.strength * nats

    def _together(self, best: Sequence[Clue]) -> list[Clue]:
        """The best clue and others of the same moment, one of each kind."""
        told: list[Clue] = []
        for clue in best:
            near = not told or clue.span.overlap_s(_wider(told[0].span)) > 0 or _still(told[0])
            if near and clue.kind not in {c.kind for c in told} and len(told) < _NAMED:
                told.append(clue)
        return told

    def _label(self, reading: PersonReading, best: Sequence[Clue], own: Sequence[Clue]) -> Claim:
        """Which label is given, or why none is."""
        cited = list(best[:_NAMED]) or list(own[:_NAMED])
        text = self._given(reading) if reading.label else self._abstains(reading)
        return Claim(
            text=text,
            modality=cited[0].modality if cited else "face",
            person=reading.id,
            span=_cover([s.span for s in reading.segments]),
            clues=tuple(c.id for c in cited),
            status="supported" if cited else "unchecked",
        )

    def _given(self, reading: PersonReading) -> str:
        """The sentence that gives the label."""
        labels = dict.fromkeys(s.label for s in reading.segments if s.label)
        others = [label for label in labels if label != reading.label][:_NAMED]
        values: dict[str, float | str] = {
            "person": reading.id,
            "label": reading.label or "",
            "confidence": reading.confidence,
            "others": self.book.join(others),
        }
        return self.book.sentence("label_mostly" if others else "label", values)

    def _abstains(self, reading: PersonReading) -> str:
        """The sentence that says why no label is given."""
        why = doubt(reading.probabilities, self.settings.threshold, self.settings.margin)
        (label, top), (second, second_p) = ranked(reading.probabilities)[:2]
        values: dict[str, float | str] = {
            "person": reading.id,
            "label": label,
            "confidence": top,
            "second": second,
            "second_confidence": second_p,
        }
        return self.book.sentence(f"abstain_{why or 'weak'}", values)

    def _seen(self, person: str, modality: Modality, told: Sequence[Clue]) -> Claim:
        """What was seen or heard."""
        span = _common([c.span for c in told])
        values: dict[str, float | str] = {
            "person": person,
            "start": span.start_s,
            "end": span.end_s,
            "what": self.book.join([c.text for c in told]),
        }
        name = "face_still" if modality == "face" and not span.duration_s else modality
        return Claim(
            text=self.book.sentence(name, values),
            modality=modality,
            person=person,
            span=span,
            clues=tuple(c.id for c in told),
            status="supported",
        )


def _wider(span: Span) -> Span:
    """A span and what is just beside it."""
    return Span(span.start_s - _TOGETHER_S, span.end_s + _TOGETHER_S)


def _still(clue: Clue) -> bool:
    """Whether a clue is of a single moment, as all are of a still image."""
    return not clue.span.duration_s


def _common(spans: Sequence[Span]) -> Span:
    """The time that all spans share, or that of the first when there is none."""
    start_s, end_s = max(s.start_s for s in spans), min(s.end_s for s in spans)
    return Span(start_s, end_s) if start_s <= end_s else spans[0]


def _cover(spans: Sequence[Span]) -> Span:
    """The time from the first to the last of the spans."""
    if not spans:
        return Span(0.0, 0.0)
    return Span(min(s.start_s for s in spans), max(s.end_s for s in spans))
