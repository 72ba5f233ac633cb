"""What a sentence asserts: action units, tones of voice, words, emotions; found by patterns.

Only what a clue could confirm or deny counts. Words in quotation marks are not searched for
assertions: they were said, not asserted.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from affectlens.clues.clue import Modality
from affectlens.clues.tables import phrases

# Quotations; an apostrophe opens one only where no word ends.
QUOTED = re.compile(
    r"“([^”]+)”|\"([^\"]+)\"|«([^»]+)»|„([^“”]+)[“”]|「([^」]+)」|『([^』]+)』|‘([^’]+(?:’\w[^’]*)*)’"
    r"|(?<!\w)'(?=\S)((?:[^']|(?<=\w)'(?=\w))+)'(?!\w)"
)
_UNIT_CODE = re.compile(r"\bAU[ _-]?(\d{1,2})\b", re.IGNORECASE)
# What <gap> in a pattern stands for.
_GAP = r"(?:of [PVT]\d+ )?(?:\w+ ){0,2}"
# Clues that quote words.
_SAID = ("quote", "tone.*")
# Something that ends: what stands right before an assertion.
_STOPS = re.compile(r"\b(?:stop|ceas|quit|finish)\w* (?:\w+ )?$", re.IGNORECASE)
# How far before an assertion a negation still concerns it, in characters.
_REACH = 24


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that a sentence says is so; any of the kinds confirms it, none if it is empty."""

    modality: Modality
    kinds: tuple[str, ...]
    start: int  # where in the sentence, in characters
    end: int
    negated: bool = False
    stops: bool = False  # "stops smiling": it is so at first, and then no more
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The patterns of one language."""

    negation: re.Pattern[str]
    net: re.Pattern[str]
    tone: re.Pattern[str]
    express: re.Pattern[str]
    emotions: Mapping[str, re.Pattern[str]]
    patterns: tuple[tuple[Modality, tuple[str, ...], re.Pattern[str]], ...]

    def find(self, sentence: str) -> list[Assertion]:
        """Everything that a sentence asserts and that a clue could confirm, in its order."""
        found = [
            Assertion("words", _SAID, match.start(), match.end(), quote=_first(match))
            for match in QUOTED.finditer(sentence)
        ]
        rest = _blank(sentence, QUOTED.finditer(sentence))
        for match in _UNIT_CODE.finditer(rest):
            kind = f"AU{int(match[1]):02d}"
            found.append(self._assertion("face", (kind,), rest, match))
        rest = _blank(rest, _UNIT_CODE.finditer(rest))
        for pattern, modality, family in (
            (self.net, _modality("face"), "expression"),
            (self.tone, _modality("words"), "tone"),
        ):
            for match in pattern.finditer(rest):
                if label := self.emotion(_first(match)):
                    found.append(self._assertion(modality, (f"{family}.{label}",), rest, match))
                    rest = _blank(rest, [match])
        for modality, kinds, pattern in self.patterns:
            matches = list(pattern.finditer(rest))
            found += [self._assertion(modality, kinds, rest, match) for match in matches]
            rest = _blank(rest, matches)
        return sorted(found, key=lambda assertion: assertion.start)

    def emotion(self, word: str) -> str | None:
        """The label that a word names, or None."""
        named = (label for label, p in self.emotions.items() if p.fullmatch(word.lower()))
        return next(named, None)

    def expressed(self, sentence: str) -> list[tuple[str, int]]:
        """Labels that a sentence says somebody expresses, and where it says so."""
        rest = _blank(sentence, QUOTED.finditer(sentence))
        for pattern in (self.net, self.tone):
            rest = _blank(rest, pattern.finditer(rest))
        verb = self.express.search(rest)
        if verb is None:
            return []
        # What follows a colon or stands in brackets is not what the verb is about.
        aside = re.compile(r"[:;(]").search(rest, verb.end())
        clause = rest[: aside.start()] if aside else rest
        return [
            (label, match.start())
            for label, pattern in self.emotions.items()
            for match in pattern.finditer(clause, verb.end())
            if not self._denied(rest, match)
        ]

    def _assertion(
        self, modality: Modality, kinds: tuple[str, ...], text: str, match: re.Match[str]
    ) -> Assertion:
        """What a match asserts."""
        return Assertion(
            modality,
            kinds,
            match.start(),
            match.end(),
            negated=self._denied(text, match),
            stops=bool(_STOPS.search(text[: match.start()])),
        )

    def _denied(self, text: str, match: re.Match[str]) -> bool:
        """Whether a negation stands in a match or shortly before it, in the same clause."""
        before = text[max(0, match.start() - _REACH) : match.start()]
        clause = re.split(r"[,;:.]| but | and ", before)[-1]
        inside = " ".join(match[0].split()[1:-1])
        return bool(self.negation.search(clause) or self.negation.search(inside))


@cache
def lexicon(language: str = "en") -> Lexicon:
    """The lexicon of a language; English is the only one so far."""
    place = resources.files("affectlens.reasoning").joinpath(f"grounding.{language}.toml")
    data = tomllib.loads(place.read_text("utf-8"))
    own = [
        (_modality(row["modality"]), tuple(row["kinds"]), _compile(rf"\b(?:{row['pattern']})"))
        for row in data["assertion"]
    ]
    return Lexicon(
        negation=_compile(data["negation"]),
        net=_compile(data["net"]),
        tone=_compile(data["tone"]),
        express=_compile(data["express"]),
        emotions={label: _compile(p) for label, p in data["emotions"].items()},
        patterns=(*own, *_published()),
    )


def _published() -> Iterable[tuple[Modality, tuple[str, ...], re.Pattern[str]]]:
    """The phrases of the MERR paper; single words such as "Pleasure" interpret and are left out."""
    units: dict[str, list[str]] = {}
    for unit, words in phrases("merr").items():
        for phrase in words:
            if " " in phrase or "-" in phrase:
                units.setdefault(phrase.lower(), []).append(unit)
    for phrase, kinds in units.items():
        yield "face", tuple(kinds), _compile(rf"\b{re.escape(phrase)}\b")


def _compile(pattern: str) -> re.Pattern[str]:
    """A pattern that does not care for case."""
    return re.compile(pattern.replace("<gap>", _GAP), re.IGNORECASE)


def _first(match: re.Match[str]) -> str:
    """The group that matched."""
    return next(group for group in match.groups() if group is not None)


def _blank(text: str, matches: Iterable[re.Match[str]]) -> str:
    """The text with what was matched blanked out, so that places stay the same."""
    for match in matches:
        text = text[: match.start()] + "·" * (match.end() - match.start()) + text[match.end() :]
    return text


def _modality(name: str) -> Modality:
    """A modality by name."""
    known: dict[str, Modality] = {
        "face": "face",
        "voice": "voice",
        "words": "words",
        "scene": "scene",
    }
    return known[name]
