"""Checks any text against the clues, sentence by sentence, and strikes what they do not bear out.

A sentence is supported when every thing it asserts is confirmed by a clue of the right kind,
person and time; unsupported when one is not; unchecked when it asserts nothing that a clue could
confirm or deny. The text may be by rule or by a language model.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from affectlens.clues.clue import Clue
from affectlens.foundation.timeline import Span, merge
from affectlens.reasoning.analysis import Claim
from affectlens.reasoning.lexicon import QUOTED, Assertion, Lexicon, lexicon
from affectlens.reasoning.moments import Moment, lasting_s, moments, throughout

# How far a clue may be from the time that is spoken of.
SLACK_S = 0.5

_PERSON = re.compile(r"\b([PVT]\d+)\b")
# A sentence ends at . ! ? that is followed by space and a capital, a quote or an id, and is
# neither inside a number nor inside quotation marks.
_END = re.compile(r"(?<=[.!?…])[”\"’')]*\s+(?=[\"“A-Z\d(])|\n+")
_MEASURE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(dB|Hz|semitones?|syllables per second)")
# An action unit's intensity: "reaches 3.2", "3.2 of 5".
_INTENSITY = re.compile(
    r"(?:reach\w*|peak\w*(?: at| with)?|intensity(?: of)?|up to|level(?: of)?|=)\s*"
    r"(?:an intensity of |at )?(\d+(?:\.\d+)?)"
    r"(?![\d:]|\.\d|\s*(?:s|secs?|seconds?|dB|Hz|semi\w*|syll\w*|%)\b)"
    r"|(\d+(?:\.\d+)?)\s*(?:of|out of|/)\s*5\b",
    re.IGNORECASE,
)
_CITED = re.compile(r"[(\[]\s*(c\d+(?:\s*[,;]\s*c\d+)*)\s*[)\]]")
# Share of a person's time that "throughout" covers, and of a length that "for 2 s" may be off.
_MOST, _LENGTH = 0.8, 0.25
# How far a number may be from what was measured: rounding, or this share.
_ROUNDING, _SHARE = 0.06, 0.02

# Scripts that put no blank between words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

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
    """The sentences of a text; quotations and numbers are not cut.

    A quotation's own mark ends the sentence that it ends: “… wonderful.” The voice is even.
    """
    hidden = QUOTED.sub(lambda m: "“" + "x" * (len(m[0]) - 3) + m[0][-2:-1] + "”", text)
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
        plain = _without_quotes(sentence)
        end_s = max((c.span.end_s for c in self.clues), default=0.0)
        times = moments(plain, end_s)
        names = [(m[1], m.start()) for m in _PERSON.finditer(plain)]
        found = self.lexicon.find(sentence)
        good = self._expressed(sentence, names, before, times)
        confirming: list[list[Clue]] = []
        for i, assertion in enumerate(found):
            whom = _whom((assertion.start, assertion.end), names, before)
            own = [c for c in self.clues if _confirms(c, assertion, whom)]
            spoken_of = [moment.span for moment in _times_of(i, found, times)]
            near = [c for c in own if not spoken_of or any(_meet(c.span, t) for t in spoken_of)]
            good.append(self._borne_out(assertion, whom, near, spoken_of, plain))
            confirming.append([] if assertion.negated else near)
        cited = {c.id: c for near in confirming for c in near}
        good += _measures(plain, found, confirming)
        good += self._cites(plain, names, before, cited)
        first = next(iter(cited.values()), None)
        return Claim(
            text=sentence,
            modality=found[0].modality if found else "scene",
            person=names[0][0] if names else before,
            span=times[0].span if times else (first.span if first else Span(0.0, end_s)),
            clues=tuple(cited) if all(good) else (),
            status=("supported" if all(good) else "unsupported") if good else "unchecked",
        )

    def _borne_out(
        self,
        assertion: Assertion,
        whom: str | None,
        near: Sequence[Clue],
        times: Sequence[Span],
        sentence: str,
    ) -> bool:
        """Whether the clues that confirm an assertion also bear out when and how long."""
        if assertion.negated:
            return not near
        if not near or not all(any(_meet(c.span, time) for c in near) for time in times):
            return False
        extent = self._extent(whom)
        if assertion.stops:
            near = [c for c in near if c.span.end_s < extent.end_s - SLACK_S]
            return any(_ends(c, times) for c in near)
        parts = merge((c.span for c in near), gap_s=SLACK_S)
        if span := throughout(sentence):
            extent = self._extent(None) if span == "clip" else extent
            return sum(part.duration_s for part in parts) >= _MOST * extent.duration_s
        said_s = lasting_s(sentence)
        off_s = max(SLACK_S, _LENGTH * (said_s or 0.0))
        return said_s is None or any(abs(part.duration_s - said_s) <= off_s for part in parts)

    def _extent(self, whom: str | None) -> Span:
        """From the first to the last that was observed of a person, or of anybody."""
        spans = [c.span for c in self.clues if whom is None or c.person == whom]
        spans = spans or [Span(0.0, 0.0)]
        return Span(min(s.start_s for s in spans), max(s.end_s for s in spans))

    def _expressed(
        self,
        sentence: str,
        names: Sequence[tuple[str, int]],
        before: str | None,
        times: Sequence[Moment],
    ) -> list[bool]:
        """For each emotion that the sentence ascribes, whether it was given to that person."""
        if self.labels is None:
            return []
        found = []
        for label, start in self.lexicon.expressed(sentence):
            whom = _whom((start, start), names, before)
            given = self.labels.values() if whom is None else [self.labels.get(whom, ())]
            there = not self.clues or all(_meet(self._extent(whom), t.span) for t in times)
            found.append(there and any(label in one for one in given))
        return found

    def _cites(
        self,
        sentence: str,
        names: Sequence[tuple[str, int]],
        before: str | None,
        cited: Mapping[str, Clue],
    ) -> list[bool]:
        """For each clue that the sentence names, "(c4)", whether it confirms what is said."""
        people = [name for name, _ in names] or ([before] if before else [])
        about = {c.id for c in self.clues if not people or c.person in (*people, None)}
        good = set(cited) or about
        named = [m for match in _CITED.finditer(sentence) for m in re.findall(r"c\d+", match[1])]
        return [one in good for one in named]


def _times_of(index: int, found: Sequence[Assertion], times: Sequence[Moment]) -> Sequence[Moment]:
    """The times that an assertion is about: those after it, else before it, else the next."""
    start = found[index].start
    groups: dict[int, list[Moment]] = {}
    for moment in times:
        owner = sum(a.start <= moment.place for a in found) - 1
        groups.setdefault(owner, []).append(moment)
    same = sum(a.start <= start for a in found) - 1
    if same in groups:
        return groups[same]
    earlier = [owner for owner in groups if owner < same]
    return groups[max(earlier) if earlier else min(groups)] if groups else []


def _whom(
    where: tuple[int, int], names: Sequence[tuple[str, int]], before: str | None
) -> str | None:
    """Whom an assertion is about: named last up to its end, else in the sentence, else before."""
    earlier = [name for name, place in names if place < where[1]]
    if earlier:
        return earlier[-1]
    return names[0][0] if names else before


def _confirms(clue: Clue, assertion: Assertion, whom: str | None) -> bool:
    """Whether a clue confirms an assertion about a person at some time."""
    if not any(_is(clue.kind, kind) for kind in assertion.kinds):
        return False
    if whom is not None and clue.person != whom and assertion.modality != "scene":
        return False
    return assertion.quote is None or _says(clue.text, assertion.quote)


def _ends(clue: Clue, times: Sequence[Span]) -> bool:
    """Whether a clue ends at one of the times, or whenever when there are none."""
    return not times or any(_meet(Span(clue.span.end_s, clue.span.end_s), t) for t in times)


def _meet(first: Span, second: Span) -> bool:
    """Whether two times have something in common, or nearly."""
    return first.start_s <= second.end_s + SLACK_S and first.end_s >= second.start_s - SLACK_S


def _without_quotes(sentence: str) -> str:
    """The sentence with its quotations blanked out, so that places stay the same."""
    return QUOTED.sub(lambda match: " " * len(match[0]), sentence)


def _is(kind: str, wanted: str) -> bool:
    """Whether a kind of clue is the wanted one, or of the wanted family."""
    return kind.startswith(wanted[:-1]) if wanted.endswith(".*") else kind == wanted


def _says(text: str, quote: str) -> bool:
    """Whether words are found in a clue's quotation, one after the other."""
    wanted = _plain(quote)
    inside = [_plain(m[0]) for m in QUOTED.finditer(text)]
    if _UNSPACED.search(wanted):
        return any(wanted.replace(" ", "") in said.replace(" ", "") for said in inside)
    return bool(wanted) and any(f" {wanted} " in f" {said} " for said in inside)


def _plain(text: str) -> str:
    """Words alone: lower case, without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _measures(
    sentence: str, found: Sequence[Assertion], confirming: Sequence[Sequence[Clue]]
) -> list[bool]:
    """For each measured value that a sentence gives, whether it is one of the clues' beside it."""
    good = []
    for pattern, wanted in ((_MEASURE, ""), (_INTENSITY, "intensity")):
        for match in pattern.finditer(sentence):
            after = sum(a.start <= match.start() for a in found)
            beside = [c for near in confirming[max(0, after - 1) : after + 1] for c in near]
            values = [x for c in beside for name, x in c.numbers.items() if wanted in name]
            said = float(next(group for group in match.groups() if group))
            close = (abs(said - x) <= max(_ROUNDING, _SHARE * abs(x)) for x in values)
            good.append(any(close) if beside or wanted else True)
    return good
