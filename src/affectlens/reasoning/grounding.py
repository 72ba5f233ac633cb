"""Checks any text against the clues, sentence by sentence, and strikes what they do not bear out.

A sentence is supported when every thing it asserts is confirmed by a clue of the right kind,
person and time; unsupported when one is not; unchecked when it asserts nothing that a clue could
confirm or deny. The text may be by rule or by a language model.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from affectlens.clues.clue import Clue
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim
from affectlens.reasoning.lexicon import Assertion, Lexicon, lexicon
from affectlens.reasoning.moments import moment

# How far a clue may be from the time that is spoken of.
SLACK_S = 0.5

_PERSON = re.compile(r"\b([PVT]\d+)\b")
# A sentence ends at . ! ? that is followed by space and a capital, a quote or an id, and is
# neither inside a number nor inside quotation marks.
_END = re.compile(r"(?<=[.!?…])[”\"’')]*\s+(?=[\"“A-Z\d(])|\n+")
_QUOTES = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_MEASURE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(dB|Hz|semitones?|syllables per second)")
# How far a number may be from what was measured: rounding, or this share.
_ROUNDING, _SHARE = 0.06, 0.02

Labels = Mapping[str, Collection[str]]


def ground(
    text: str, clues: Sequence[Clue], *, labels: Labels | None = None, language: str = "en"
) -> tuple[Claim, ...]:
    """The text's sentences in order, each checked.

    `labels` is person → labels that were given to them at any time; without it, what a sentence
    says of emotions is not checked. A sentence that names nobody is about whom the one before was.
    """
    judge = _Judge(clues, labels, lexicon(language))
    claims, person = [], None
    for sentence in sentences(text):
        claim = judge(sentence, person)
        person = claim.person or person
        claims.append(claim)
    return tuple(claims)


def strike(
    text: str, clues: Sequence[Clue], *, labels: Labels | None = None, language: str = "en"
) -> str:
    """The text without its unsupported sentences."""
    claims = ground(text, clues, labels=labels, language=language)
    return " ".join(claim.text for claim in claims if claim.status != "unsupported")


def sentences(text: str) -> list[str]:
    """The sentences of a text; quotations and numbers are not cut."""
    hidden = _QUOTES.sub(lambda m: "“" + "x" * (len(m[0]) - 2) + "”", text)
    parts, start = [], 0
    for end in _END.finditer(hidden):
        parts.append(text[start : end.end()])
        start = end.end()
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


@dataclass(frozen=True, slots=True)
class _Judge:
    """What sentences are checked against."""

    clues: Sequence[Clue]
    labels: Labels | None
    lexicon: Lexicon

    def __call__(self, sentence: str, before: str | None) -> Claim:
        """One sentence, checked; `before` is whom the text was about."""
        end_s = max((c.span.end_s for c in self.clues), default=0.0)
        when = moment(_QUOTES.sub("", sentence), end_s)
        names = [(m[1], m.start()) for m in _PERSON.finditer(sentence)]
        assertions = self.lexicon.find(sentence)
        cited: dict[str, Clue] = {}
        good = self._expressed(sentence, names, before)
        for assertion in assertions:
            whom = _whom((assertion.start, assertion.end), names, before)
            confirming = [c for c in self.clues if _confirms(c, assertion, whom, when)]
            good.append(not confirming if assertion.negated else bool(confirming))
            cited |= {c.id: c for c in confirming}
        if cited and not _measures(sentence, list(cited.values())):
            good.append(False)
        first = next(iter(cited.values()), None)
        return Claim(
            text=sentence,
            modality=assertions[0].modality if assertions else "scene",
            person=names[0][0] if names else before,
            span=when or (first.span if first else Span(0.0, end_s)),
            clues=tuple(cited) if all(good) else (),
            status=("supported" if all(good) else "unsupported") if good else "unchecked",
        )

    def _expressed(
        self, sentence: str, names: Sequence[tuple[str, int]], before: str | None
    ) -> list[bool]:
        """For each emotion that the sentence ascribes, whether it was given to that person."""
        if self.labels is None:
            return []
        found = []
        for label, start in self.lexicon.expressed(sentence):
            whom = _whom((start, start), names, before)
            given = self.labels.values() if whom is None else [self.labels.get(whom, ())]
            found.append(any(label in one for one in given))
        return found


def _whom(
    where: tuple[int, int], names: Sequence[tuple[str, int]], before: str | None
) -> str | None:
    """Whom an assertion is about: named last up to its end, else in the sentence, else before."""
    earlier = [name for name, place in names if place < where[1]]
    if earlier:
        return earlier[-1]
    return names[0][0] if names else before


def _confirms(clue: Clue, assertion: Assertion, whom: str | None, when: Span | None) -> bool:
    """Whether a clue confirms an assertion about a person at a time."""
    if not any(_is(clue.kind, kind) for kind in assertion.kinds):
        return False
    about_nobody = assertion.modality == "scene"
    if whom is not None and clue.person != whom and not about_nobody:
        return False
    if when is not None:
        wide = Span(when.start_s - SLACK_S, when.end_s + SLACK_S)
        if clue.span.start_s > wide.end_s or clue.span.end_s < wide.start_s:
            return False
    return assertion.quote is None or _says(clue.text, assertion.quote)


def _is(kind: str, wanted: str) -> bool:
    """Whether a kind of clue is the wanted one, or of the wanted family."""
    return kind.startswith(wanted[:-1]) if wanted.endswith(".*") else kind == wanted


def _says(text: str, quote: str) -> bool:
    """Whether words are found in a clue's quotation, one after the other."""
    wanted = _plain(quote)
    inside = [_plain(m[0]) for m in _QUOTES.finditer(text)]
    return bool(wanted) and any(f" {wanted} " in f" {said} " for said in inside)


def _plain(text: str) -> str:
    """Words alone: lower case, without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _measures(sentence: str, clues: Sequence[Clue]) -> bool:
    """Whether every measured value that a sentence gives is one of its clues'."""
    values = [value for clue in clues for value in clue.numbers.values()]
    given = [float(m[1]) for m in _MEASURE.finditer(_QUOTES.sub("", sentence))]
    return all(
        any(abs(x - value) <= max(_ROUNDING, _SHARE * abs(value)) for value in values)
        for x in given
    )
