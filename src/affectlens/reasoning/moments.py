"""Times that a sentence speaks of: "at 3.2 s", "from 0:01 to 0:03", "in the first two seconds"."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from affectlens.foundation.timeline import Span

_TIME = r"(?<![\w.])(\d+:\d{2}(?:\.\d+)?|\d+(?:\.\d+)?)"
_UNIT = r"(?:\s*(?:s|sec|secs|seconds?)\b)"
_NUMBERS = {
    word: i
    for i, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
}
_COUNT = rf"(\d+(?:\.\d+)?|{'|'.join(_NUMBERS)})?"

_SAY = r"(?:\s*(?:to|until|–|-)\s*)"
_RANGE = re.compile(
    rf"(?:\bfrom\s+)?{_TIME}{_UNIT}?{_SAY}{_TIME}{_UNIT}"
    rf"|\bbetween\s+{_TIME}{_UNIT}?\s+and\s+{_TIME}{_UNIT}?",
    re.IGNORECASE,
)
_CLOCK_RANGE = re.compile(rf"(\d+:\d{{2}}(?:\.\d+)?){_SAY}(\d+:\d{{2}}(?:\.\d+)?)", re.IGNORECASE)
_AT = re.compile(
    rf"\b(?:at|around|about|near|by)\s+(?:around\s+|about\s+)?(?:second\s+)?{_TIME}{_UNIT}?"
    r"(?!\.?\d|\s*(?:dB|Hz|semi|syll|of|out|/|%))",
    re.IGNORECASE,
)
# Another time after one: ", 4 s", "and 9 s".
_AND = re.compile(rf"\s*(?:,\s*and|,|and|&)\s+{_TIME}{_UNIT}", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d+:\d{2}(?:\.\d+)?)\b")
_FIRST = re.compile(rf"\bfirst\s+{_COUNT}\s*(?:s|sec|seconds?)\b", re.IGNORECASE)
_LAST = re.compile(rf"\blast\s+{_COUNT}\s*(?:s|sec|seconds?)\b", re.IGNORECASE)
_FOR = re.compile(
    r"\bfor\s+(?:about |around |at least |over |nearly |almost |more than )?"
    rf"(\d+(?:\.\d+)?|{'|'.join(_NUMBERS)}){_UNIT}",
    re.IGNORECASE,
)
_THROUGHOUT = re.compile(
    r"\b(?:throughout(?: the (?:clip|video))?|all the time|the (?:whole|entire) (?:time|clip|video)"
    r"|always|constantly|continuously|from (?:start|beginning) to (?:end|finish))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that a sentence speaks of, and where in it, in characters."""

    span: Span
    place: int


def moments(sentence: str, end_s: float) -> list[Moment]:
    """All times that a sentence speaks of, in its order; `end_s` is when the clip ends."""
    found: list[Moment] = []
    rest = sentence

    def take(matches: Iterable[re.Match[str]], span: Callable[[re.Match[str]], Span]) -> None:
        nonlocal rest
        for match in matches:
            found.append(Moment(span(match), match.start()))
            rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]

    for pattern in (_RANGE, _CLOCK_RANGE):
        take(list(pattern.finditer(rest)), _range)
    take(list(_FIRST.finditer(rest)), lambda m: Span(0.0, _count(m[1])))
    take(
        list(_LAST.finditer(rest)),
        lambda m: Span(max(0.0, end_s - _count(m[1])), max(end_s, 0.0)),
    )
    for first in list(_AT.finditer(rest)):
        chain, match = [first], _AND.match(rest, first.end())
        while match:
            chain.append(match)
            match = _AND.match(rest, match.end())
        take(chain, _instant)
    take(list(_CLOCK.finditer(rest)), _instant)
    return sorted(found, key=lambda one: one.place)


def lasting_s(sentence: str) -> float | None:
    """How long a sentence says that something lasts: "for ten seconds"."""
    match = _FOR.search(sentence)
    return _count(match[1]) if match else None


def throughout(sentence: str) -> Literal["clip", "person"] | None:
    """Whether a sentence says that something goes on all the time, of the clip or of a person."""
    match = _THROUGHOUT.search(sentence)
    if match is None:
        return None
    return "clip" if re.search("clip|video", match[0]) else "person"


def _range(match: re.Match[str]) -> Span:
    """From the one to the other time."""
    first, last = sorted(_seconds(text) for text in match.groups() if text)
    return Span(first, last)


def _instant(match: re.Match[str]) -> Span:
    """One time."""
    return Span(_seconds(match[1]), _seconds(match[1]))


def _seconds(text: str) -> float:
    """Seconds of "3.2" or "1:05"."""
    minutes, _, seconds = text.rpartition(":")
    return 60 * float(minutes or 0) + float(seconds)


def _count(text: str | None) -> float:
    """A number of seconds in digits or as a word; one when it is not said."""
    if text is None:
        return 1.0
    return float(_NUMBERS.get(text.lower()) or text)
