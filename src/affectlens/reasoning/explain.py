"""An explanation by rule: for each person two to five sentences, each a claim that cites clues.

Nothing is said that is not in a clue; a person's label is said with the clues that speak for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.phrasebook import Phrasebook
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.timeline import Span, merge
from affectlens.reasoning.analysis import Claim, ClaimStatus, Explanation
from affectlens.reasoning.confidence import doubt, ranked
from affectlens.reasoning.grounding import Labels, ground
from affectlens.reasoning.pool import NEUTRAL
from affectlens.reasoning.reasoner import PersonReading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.weights import Weights
from affectlens.reasoning.worth import leading, worth

# A sentence about a face or a voice names at most this many clues, about one moment.
_NAMED = 3
_TOGETHER_S = 0.4
_TOLD: tuple[Modality, ...] = ("face", "voice", "words")
# What is told of a modality in which nothing speaks for the label.
_INSTEAD: Mapping[Modality, tuple[str, ...]] = {
    "face": ("face.slight",),
    "voice": (),
    "words": ("quote",),
}
# Clues that nothing is expressed: no contradiction, for faces rest between two smiles.
_PLAIN = ("face.rest", "voice.plain")
# The sentences of one kind are worded in as many ways.
_WAYS = 3
# A claim's status before it is checked.
_OPEN: ClaimStatus = "unchecked"
# Nats below which what speaks for a label is weak.
_WEAK = 0.2
# Share of the best clue's worth from which another clue is told against the label: a clue that
# names another label, and one that only speaks for another.
_NAMED_OTHERWISE, _CONTRARY = 0.15, 0.6


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
    claims = [claim for i, one in enumerate(people) for claim in teller.person(one, i)]
    if not people:
        claims = [Claim(book.sentence("nobody"), "scene", None, Span(0, 0), (), _OPEN)]
    return Explanation(" ".join(claim.text for claim in claims), tuple(claims))


def checked(
    explanation: Explanation, clues: Sequence[Clue], people: Sequence[PersonReading]
) -> Explanation:
    """The explanation with each claim's status as the clues bear it out, and its text so."""
    labels = {p.id: {x for x in (p.label, *(s.label for s in p.segments)) if x} for p in people}
    # Looking through everybody's clues for each claim would take long in a film.
    near: dict[str | None, list[Clue]] = {}
    for clue in clues:
        near.setdefault(clue.person, []).append(clue)
    claims = tuple(
        replace(claim, status=_status(claim, near.get(claim.person, ()), labels))
        for claim in explanation.claims
    )
    text = " ".join(claim.text for claim in claims if claim.status != "unsupported")
    return Explanation(text, claims)


def _status(claim: Claim, clues: Sequence[Clue], labels: Labels) -> ClaimStatus:
    """Whether the clues bear out a claim; what cites none is not supported by any."""
    found = {one.status for one in ground(claim.text, clues, labels=labels)}
    if "unsupported" in found:
        return "unsupported"
    return "supported" if "supported" in found and claim.clues else "unchecked"


@dataclass(frozen=True, slots=True)
class _Teller:
    """Everything that a sentence is made from."""

    clues: Sequence[Clue]
    space: LabelSpace
    book: Phrasebook
    settings: ReasoningSettings
    weights: Weights

    def person(self, reading: PersonReading, index: int = 0) -> list[Claim]:
        """The claims about one person; the wording goes round with the index."""
        own = [c for c in self.clues if c.person == reading.id]
        labels = leading(reading.label, reading.probabilities)
        weighed = {
            c.id: max(worth(c, label, self.space, self.weights) for label in labels) for c in own
        }
        best = sorted((c for c in own if weighed[c.id] > 0), key=lambda c: -weighed[c.id])
        claims = [self._label(reading, best, own, weighed)]
        for modality in _TOLD:
            told = self._together([c for c in best if c.modality == modality])
            told = told or self._instead(modality, own)
            if told:
                claims.append(self._seen(reading.id, modality, told, index))
        if reading.conflicts:
            first = reading.conflicts[0]
            claims.append(
                Claim(first.text, first.modalities[0], reading.id, first.span, first.clues, _OPEN)
            )
        elif reading.label and (against := self._against(best, own, weighed)):
            claims.append(self._contrary(reading, against))
        return claims

    def _instead(self, modality: Modality, own: Sequence[Clue]) -> list[Clue]:
        """What is told of a modality that does not speak for the label."""
        kinds = _INSTEAD[modality]
        return [c for c in own if c.kind in kinds][:1]

    def _against(
        self, best: Sequence[Clue], own: Sequence[Clue], weighed: Mapping[str, float]
    ) -> list[Clue]:
        """The clue that speaks most for another label while the best one does for this."""
        spans = [c.span for c in best[:1]]
        others = [
            (worth(c, None, self.space, self.weights) / _least(c), c)
            for c in own
            if weighed[c.id] <= 0
            and c.kind not in _PLAIN
            and all(c.span.overlap_s(span) > 0 or _still(c) for span in spans)
        ]
        nats, clue = max(others, key=lambda pair: pair[0], default=(0.0, None))
        strongest = max((weighed[c.id] for c in best[:1]), default=0.0)
        return [clue] if clue and nats > strongest else []

    def _together(self, best: Sequence[Clue]) -> list[Clue]:
        """The best clue and others of the same moment, one of each kind."""
        told: list[Clue] = []
        for clue in best:
            near = not told or clue.span.overlap_s(_wider(told[0].span)) > 0 or _still(told[0])
            if near and clue.kind not in {c.kind for c in told} and len(told) < _NAMED:
                told.append(clue)
        return told

    def _label(
        self,
        reading: PersonReading,
        best: Sequence[Clue],
        own: Sequence[Clue],
        weighed: Mapping[str, float],
    ) -> Claim:
        """Which label is given and what it rests on, or why none is."""
        cited = best[:_NAMED]
        rests = self._rests(best, weighed)
        text = self._given(reading, rests) if reading.label else self._abstains(reading, own)
        return Claim(
            text=text,
            modality=cited[0].modality if cited else "face",
            person=reading.id,
            span=_cover([s.span for s in reading.segments]),
            clues=tuple(c.id for c in cited),
            status=_OPEN,
        )

    def _rests(self, best: Sequence[Clue], weighed: Mapping[str, float]) -> str:
        """The end of the sentence that says which modalities speak for the label."""
        spoken: dict[str, float] = {}
        for clue in best:
            spoken[clue.modality] = max(spoken.get(clue.modality, 0.0), weighed[clue.id])
        strongest = max(spoken.values(), default=0.0)
        if strongest < _WEAK:
            return self.book.sentence("rests_weak")
        names = [name for name in _TOLD if spoken.get(name, 0.0) >= strongest / 2]
        values = {"modalities": self.book.join([self.book.modality[name] for name in names])}
        mainly = len(names) < len(spoken)
        return self.book.sentence("rests_mainly" if mainly else "rests_on", values)

    def _given(self, reading: PersonReading, rests: str) -> str:
        """The sentence that gives the label."""
        labels = dict.fromkeys(s.label for s in reading.segments if s.label)
        others = [label for label in labels if label != reading.label][:_NAMED]
        values: dict[str, float | str] = {
            "person": reading.id,
            "label": reading.label or "",
            "confidence": reading.confidence,
            "others": self.book.join(others),
            "rests": rests,
        }
        return self.book.sentence("label_mostly" if others else "label", values)

    def _abstains(self, reading: PersonReading, own: Sequence[Clue]) -> str:
        """The sentence that says why no label is given."""
        why = doubt(reading.probabilities, self.settings.threshold, self.settings.margin)
        (label, top), (second, second_p) = ranked(reading.probabilities)[:2]
        labels = list(dict.fromkeys(s.label for s in reading.segments if s.label))[:_NAMED]
        values: dict[str, float | str] = {
            "person": reading.id,
            "label": label,
            "confidence": top,
            "second": second,
            "second_confidence": second_p,
            "others": self.book.join(labels),
        }
        name: str = "mixed" if len(labels) > 1 else why or "weak"
        if name != "mixed" and NEUTRAL not in self.space.labels and _calm(reading, own):
            name = "calm"
        return self.book.sentence(f"abstain_{name}", values)

    def _seen(self, person: str, modality: Modality, told: Sequence[Clue], index: int) -> Claim:
        """What was seen or heard."""
        span = _common([c.span for c in told])
        values: dict[str, float | str] = {
            "person": person,
            "start": span.start_s,
            "end": span.end_s,
            "what": self.book.join([c.text for c in told]),
        }
        name = "face_still" if modality == "face" and not span.duration_s else modality
        way = index % _WAYS + 1
        return Claim(
            text=self.book.sentence(name if way == 1 else f"{name}_{way}", values),
            modality=modality,
            person=person,
            span=span,
            clues=tuple(c.id for c in told),
            status=_OPEN,
        )

    def _contrary(self, reading: PersonReading, told: Sequence[Clue]) -> Claim:
        """What does not fit the label."""
        clue = told[0]
        values: dict[str, float | str] = {
            "person": reading.id,
            "label": reading.label or "",
            "start": clue.span.start_s,
            "end": clue.span.end_s,
            "what": clue.text,
        }
        return Claim(
            text=self.book.sentence("against", values),
            modality=clue.modality,
            person=reading.id,
            span=clue.span,
            clues=(clue.id,),
            status=_OPEN,
        )


def _calm(reading: PersonReading, own: Sequence[Clue]) -> bool:
    """Whether a face is at rest in most of the time that is read."""
    spans = [c.span for c in own if c.kind == "face.rest"]
    read_s = sum(segment.span.duration_s for segment in reading.segments)
    return bool(spans) and 2 * sum(span.duration_s for span in merge(spans)) >= read_s


def _least(clue: Clue) -> float:
    """Share of the best clue's worth from which a clue is told against a label."""
    names = clue.kind.split(".")[0] in ("expression", "tone", "event")
    return _NAMED_OTHERWISE if names else _CONTRARY


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
