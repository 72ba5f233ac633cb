"""SRT and WebVTT read back."""

import html
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.reasoning.render.samples import SAMPLES, hostile, nobody, still, two_people

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.render import srt, vtt

Cue = tuple[float, float, list[str]]


def clock(text: str) -> float:
    """Seconds of "00:01:02,345" or "00:01:02.345"."""
    hours, minutes, seconds = text.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def read_srt(text: str) -> list[Cue]:
    """Cues of a SubRip file, strictly."""
    cues = []
    for number, block in enumerate(text.strip("\n").split("\n\n"), start=1):
        first, times, *lines = block.split("\n")
        assert first == str(number)
        match = re.fullmatch(r"(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})", times)
        assert match
        cues.append((clock(match[1]), clock(match[2]), lines))
    return cues


def read_vtt(text: str) -> list[Cue]:
    """Cues of a WebVTT file, tags removed."""
    head, *blocks = text.strip("\n").split("\n\n")
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        times, *lines = block.split("\n")
        match = re.fullmatch(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", times)
        assert match
        plain = [html.unescape(re.sub(r"<v ([^>]*)>(.*)</v>", r"\1: \2", x)) for x in lines]
        cues.append((clock(match[1]), clock(match[2]), plain))
    return cues


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())
def test_cues_are_in_order_never_empty_and_never_overlap(make: Callable[[], Analysis]) -> None:
    for cues in (read_srt(srt.render(make())), read_vtt(vtt.render(make()))):
        assert cues
        assert all(start < end and lines for start, end, lines in cues)
        assert all(one[1] <= other[0] for one, other in pairwise(cues))


def test_both_formats_say_the_same() -> None:
    assert read_srt(srt.render(two_people())) == read_vtt(vtt.render(two_people()))


def test_a_cue_has_what_each_person_expresses_and_then_what_is_said() -> None:
    cues = read_srt(srt.render(two_people()))
    shown = next(lines for start, end, lines in cues if start <= 1.5 < end)
    assert shown == ["[P1: happy 0.82]", "[P2: unclear]", "P1: I got the job, I really got it!"]


def test_words_of_nobody_known_carry_no_name() -> None:
    assert "Well done." in [line for *_, x in read_srt(srt.render(two_people())) for line in x]


def test_hostile_words_stay_one_line_of_text() -> None:
    lines = [line for *_, x in read_vtt(vtt.render(hostile())) for line in x]
    assert any("<img src=x onerror=alert(1)>" in line for line in lines)
    assert "<img" not in vtt.render(hostile())
    assert all(line.count("-->") == 0 for *_, x in read_srt(srt.render(hostile())) for line in x)


def test_where_nobody_is_there_one_cue_says_so_for_the_whole_clip() -> None:
    ((start, end, lines),) = read_srt(srt.render(nobody()))
    assert (start, end) == (0.0, 6.0)
    assert "no face was found" in lines[0]


def test_a_photograph_is_captioned_long_enough_to_be_read() -> None:
    ((start, end, _),) = read_srt(srt.render(still()))
    assert end - start >= 1
