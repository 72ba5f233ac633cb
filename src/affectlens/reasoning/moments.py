"""Times that a sentence speaks of: "at 3.2 s", "from 0:01 to 0:03", "in the first two seconds"."""

import re

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

_RANGE = re.compile(
    rf"(?:\b(?:from|between)\s+)?{_TIME}{_UNIT}?\s*(?:to|and|until|–|-)\s*{_TIME}{_UNIT}",
    re.IGNORECASE,
)
_CLOCK_RANGE = re.compile(
    r"(\d+:\d{2}(?:\.\d+)?)\s*(?:to|and|until|–|-)\s*(\d+:\d{2}(?:\.\d+)?)", re.IGNORECASE
)
_AT = re.compile(
    rf"\b(?:at|around|about|near|by)\s+(?:second\s+)?{_TIME}{_UNIT}?(?!\s*(?:dB|Hz|semi|syll|of|%))",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(\d+:\d{2}(?:\.\d+)?)\b")
_FIRST = re.compile(rf"\bfirst\s+{_COUNT}\s*(?:s|sec|seconds?)\b", re.IGNORECASE)
_LAST = re.compile(rf"\blast\s+{_COUNT}\s*(?:s|sec|seconds?)\b", re.IGNORECASE)


def moment(sentence: str, end_s: float) -> Span | None:
    """The time that a sentence speaks of, None when of none; `end_s` is when the clip ends."""
    for pattern in (_RANGE, _CLOCK_RANGE):
        if match := pattern.search(sentence):
            first, last = sorted((_seconds(match[1]), _seconds(match[2])))
            return Span(first, last)
    if match := _FIRST.search(sentence):
        return Span(0.0, _count(match[1]))
    if match := _LAST.search(sentence):
        return Span(max(0.0, end_s - _count(match[1])), max(end_s, 0.0))
    for pattern in (_AT, _CLOCK):
        if match := pattern.search(sentence):
            return Span(_seconds(match[1]), _seconds(match[1]))
    return None


def _seconds(text: str) -> float:
    """Seconds of "3.2" or "1:05"."""
    minutes, _, seconds = text.rpartition(":")
    return 60 * float(minutes or 0) + float(seconds)


def _count(text: str | None) -> float:
    """A number of seconds in digits or as a word; one when it is not said."""
    if text is None:
        return 1.0
    return float(_NUMBERS.get(text.lower()) or text)
