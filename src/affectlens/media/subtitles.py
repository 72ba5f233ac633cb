"""Subtitles from SubRip and WebVTT text, cleaned of markup, and their words in time."""

import codecs
import html
import re
from collections.abc import Sequence

from affectlens.foundation.errors import InputError, LimitError
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Cue

MOST_BYTES = 10 * 2**20
MOST_CUES = 100_000
_CLOCK = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)(?:[,.](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?!\S)")
_INLINE_CLOCK = re.compile(rf"<{_CLOCK}>")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.,]+>|\{\\[^{}]*\}")
_LINE_END = re.compile(r"\r\n|\r|\n")
# Scripts written without spaces; a word is then one character with the marks that follow it.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}][^\w\s]*|[^\s{_CJK}]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")


def decode_text(raw: bytes, name: str) -> tuple[str, list[str]]:
    """The text of a file in UTF-8, UTF-16 or, with a warning, Windows-1252.

    Raises:
        InputError: it is not text.
        LimitError: it is larger than any subtitles are.
    """
    if len(raw) > MOST_BYTES:
        raise LimitError(
            f"{name} has {len(raw)} bytes of text, at most {MOST_BYTES} are read. Split it."
        )
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace"), []
    if raw[1:40:2].count(0) > 10 or raw[0:40:2].count(0) > 10:
        return raw.decode("utf-16-le" if raw[1] == 0 else "utf-16-be", "replace"), []
    if b"\0" in raw[:1000]:
        raise InputError(f"{name} is not a text file. Save it as UTF-8 text.")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
        return text, [f"{name} is not UTF-8; it was read as Latin text, accents may be wrong."]


def parse_cues(raw: bytes, name: str) -> tuple[tuple[Cue, ...], list[str]]:
    """The cues of an SRT or VTT file in order of time, and warnings.

    Raises:
        InputError: there is no cue in it, or it is not text.
        LimitError: it is larger than any subtitles are.
    """
    text, warnings = decode_text(raw, name)
    blocks, backwards = _blocks(_LINE_END.split(text))
    if len(blocks) > MOST_CUES:
        raise LimitError(f"{name} has {len(blocks)} cues, at most {MOST_CUES} are read. Split it.")
    cues = [cue for span, lines in blocks if (cue := make_cue(span, "\n".join(lines))).text]
    if not blocks:
        raise InputError(
            f"{name} has no subtitle that can be read; each needs a line such as"
            " 00:00:01,000 --> 00:00:02,500 and then its text."
        )
    if backwards:
        warnings.append(
            f"{backwards} of {len(blocks) + backwards} cues of {name} end before"
            " they start and were left out."
        )
    return tuple(sorted(cues, key=lambda cue: cue.span)), warnings


def _blocks(lines: Sequence[str]) -> tuple[list[tuple[Span, list[str]]], int]:
    """Each cue's span and lines, and how many cues run backwards."""
    blocks: list[tuple[Span, list[str]]] = []
    backwards, inside = 0, False
    for place, line in enumerate(lines):
        timing = _TIMING.match(line)
        if timing:
            start_s, end_s = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
            inside = start_s <= end_s
            backwards += not inside
            if inside:
                blocks.append((Span(start_s, end_s), []))
        elif not line.strip():
            inside = False
        elif inside and not _is_next_number(lines, place):
            blocks[-1][1].append(line.strip())
    return blocks, backwards


def _is_next_number(lines: Sequence[str], place: int) -> bool:
    """Whether a line is the number of the next cue, in a file without empty lines between."""
    if not lines[place].strip().isdigit() or place + 1 >= len(lines):
        return False
    return _TIMING.match(lines[place + 1]) is not None


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole * 1000 + int(fraction.ljust(3, "0"))) / 1000


def make_cue(span: Span, marked: str) -> Cue:
    """A cue from text with markup; WebVTT's times of words inside it are kept."""
    return Cue(span, clean(marked), _inline_words(span, marked))


def clean(marked: str) -> str:
    """Text without tags, ASS overrides and entities; spaces collapsed, lines kept."""
    plain = html.unescape(_MARKUP.sub("", marked.replace("\\N", "\n").replace("\\h", " ")))
    lines = (" ".join(line.split()) for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)


def _inline_words(span: Span, marked: str) -> tuple[tuple[Span, str], ...]:
    """Words timed by `<00:00:01.500>` marks; none when there are no marks or they run wild."""
    marks = list(_INLINE_CLOCK.finditer(marked))
    times = [span.start_s, *(_seconds(mark.groups()) for mark in marks), span.end_s]
    if not marks or times != sorted(times):
        return ()
    starts, ends = [0, *(m.end() for m in marks)], [*(m.start() for m in marks), len(marked)]
    words: list[tuple[Span, str]] = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        words += spread(clean(marked[start:end]), Span(times[place], times[place + 1]))
    return tuple(words)


def timed_words(cue: Cue) -> list[tuple[Span, str]]:
    """The words of a cue with their times: the file's own, else the cue's span shared by length.

    Chinese and Japanese are cut by character.
    """
    return list(cue.words) or spread(cue.text, cue.span)


def spread(text: str, span: Span) -> list[tuple[Span, str]]:
    """Words over a span, each with a share as long as its letters; bare punctuation is left out."""
    words = [word for word in _WORD.findall(text) if any(map(str.isalnum, word))]
    letters = [sum(map(str.isalnum, word)) for word in words]
    timed, before, every = [], 0, sum(letters)
    for word, count in zip(words, letters, strict=True):
        edges = [span.start_s + span.duration_s * n / every for n in (before, before + count)]
        timed.append((Span(edges[0], min(edges[1], span.end_s)), word))
        before += count
    return timed


def parse_plain(raw: bytes, name: str) -> tuple[tuple[Cue, ...], list[str]]:
    """Each sentence of a plain text as a cue at 0.0 s, in order: nothing is known of its time.

    Raises:
        InputError: there are no words in it, or it is not text.
        LimitError: it is larger than any subtitles are.
    """
    text, warnings = decode_text(raw, name)
    sentences = [s.strip() for line in _LINE_END.split(text) for s in _SENTENCE_END.split(line)]
    spoken = [sentence for sentence in sentences if any(map(str.isalnum, sentence))]
    if len(spoken) > MOST_CUES:
        raise LimitError(
            f"{name} has {len(spoken)} sentences, at most {MOST_CUES} are read. Split it."
        )
    cues = tuple(Cue(Span(0.0, 0.0), sentence) for sentence in spoken)
    if not cues:
        raise InputError(f"{name} has no words in it.")
    return cues, warnings
