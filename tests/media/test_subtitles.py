"""What subtitles promise: every cue, clean text, words in time, clear errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlens.foundation.errors import InputError, LimitError
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Cue
from affectlens.media.subtitles import parse_cues, parse_plain, timed_words

LINES = st.text(
    st.characters(categories=("L", "P", "Zs"), exclude_characters="<>{}&\\"), min_size=1
).map(lambda line: " ".join(line.split()))
TEXTS = st.lists(LINES.filter(bool), min_size=1, max_size=3).map("\n".join)
TIMES = st.tuples(st.integers(0, 10**7), st.integers(0, 10**5)).map(lambda t: (t[0], sum(t)))


def clock(milliseconds: int, point: str) -> str:
    """hh:mm:ss,mmm."""
    seconds, thousandths = divmod(milliseconds, 1000)
    rest = f"{seconds // 60 % 60:02}:{seconds % 60:02}{point}{thousandths:03}"
    return f"{seconds // 3600:02}:{rest}"


def written(cues: list[tuple[tuple[int, int], str]], point: str = ",", end: str = "\n") -> str:
    """The cues as a file."""
    blocks = (
        f"{n}{end}{clock(first, point)} --> {clock(last, point)}{end}{text.replace(chr(10), end)}"
        for n, ((first, last), text) in enumerate(cues, 1)
    )
    return (end * 2).join(blocks)


@given(
    st.lists(st.tuples(TIMES, TEXTS), min_size=1, max_size=8),
    st.sampled_from([",", "."]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_as_subtitles_is_read_back_in_order_of_time(
    cues: list[tuple[tuple[int, int], str]], point: str, end: str, encoding: str
) -> None:
    read, warnings = parse_cues(written(cues, point, end).encode(encoding), "a.srt")
    wanted = [Cue(Span(first / 1000, last / 1000), text) for (first, last), text in cues]
    assert list(read) == sorted(wanted, key=lambda cue: cue.span)
    assert not warnings


@given(st.binary(max_size=300))
def test_any_bytes_are_cues_or_one_clear_error(raw: bytes) -> None:
    try:
        cues, _ = parse_cues(raw + b"\n00:01 --> 00:02\nyes", "a.srt")
    except InputError:
        return
    assert all(cue.text for cue in cues)


def test_markup_is_removed_but_a_heart_stays() -> None:
    raw = (
        b'1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>I</i> <font color="red">&lt;3</font> you <3\n'
    )
    assert parse_cues(raw, "a.srt")[0][0].text == "I <3 you <3"


def test_vtt_notes_settings_and_short_clocks_are_understood() -> None:
    raw = (
        "WEBVTT - a title\n\nNOTE nothing\nof this\n\nSTYLE\n::cue { color: red }\n\n"
        "intro\n00:01.500 --> 00:02.000 line:0 align:start\n<v Mary>Hi\n\n"
    )
    assert parse_cues(raw.encode(), "a.vtt")[0] == (Cue(Span(1.5, 2.0), "Hi"),)


def test_cues_without_empty_lines_between_are_told_apart() -> None:
    raw = b"1\n00:00:01,000 --> 00:00:02,000\n42\n2\n00:00:03,000 --> 00:00:04,000\nb\n"
    assert [cue.text for cue in parse_cues(raw, "a.srt")[0]] == ["42", "b"]


def test_latin_text_is_read_with_a_warning() -> None:
    raw = "1\n00:00:01,000 --> 00:00:02,000\ncafé".encode("latin-1")
    cues, warnings = parse_cues(raw, "a.srt")
    assert cues[0].text == "café"
    assert "not UTF-8" in warnings[0]


def test_a_cue_that_runs_backwards_is_left_out_and_said() -> None:
    raw = b"00:05,000 --> 00:02,000\nx\n\n00:06,000 --> 00:07,000\ny\n"
    cues, warnings = parse_cues(raw, "a.srt")
    assert [cue.text for cue in cues] == ["y"]
    assert "1 of 2 cues" in warnings[0]


@pytest.mark.parametrize("raw", [b"no times here", bytes(range(256)) * 4, b"\x89PNG\r\n\0\0\0"])
def test_what_is_no_subtitle_file_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.srt"):
        parse_cues(raw, "a.srt")


def test_a_file_larger_than_any_subtitles_is_refused() -> None:
    with pytest.raises(LimitError, match="at most"):
        parse_cues(b"a" * (10 * 2**20 + 1), "a.srt")


def test_inline_times_of_vtt_become_the_times_of_words() -> None:
    raw = b"WEBVTT\n\n00:01.000 --> 00:04.000\none <00:02.000>two <00:03.500><c>three</c>\n"
    (cue,), _ = parse_cues(raw, "a.vtt")
    assert cue.text == "one two three"
    assert timed_words(cue) == [
        (Span(1.0, 2.0), "one"),
        (Span(2.0, 3.5), "two"),
        (Span(3.5, 4.0), "three"),
    ]


def test_inline_times_out_of_order_are_not_believed() -> None:
    raw = b"WEBVTT\n\n00:01.000 --> 00:04.000\none <00:03.000>two <00:02.000>six\n"
    (cue,), _ = parse_cues(raw, "a.vtt")
    assert timed_words(cue)[1][0] == Span(2.0, 3.0)


def test_words_share_a_cue_by_their_letters() -> None:
    words = timed_words(Cue(Span(0.0, 6.0), "- ab, abcd!"))
    assert words == [(Span(0.0, 2.0), "ab,"), (Span(2.0, 6.0), "abcd!")]


def test_chinese_and_japanese_are_timed_by_character_but_names_stay_whole() -> None:
    words = [word for _, word in timed_words(Cue(Span(0.0, 1.0), "我爱GPT。はい"))]
    assert words == ["我", "爱", "GPT。", "は", "い"]


@given(TEXTS, TIMES)
def test_words_are_in_order_inside_their_cue(text: str, time: tuple[int, int]) -> None:
    cue = Cue(Span(time[0] / 1000, time[1] / 1000), text)
    words = timed_words(cue)
    spans = [span for span, _ in words]
    assert spans == sorted(spans)
    assert all(cue.span.holds(s.start_s) and cue.span.holds(s.end_s) for s in spans)
    assert bool(words) == any(map(str.isalnum, text))


def test_plain_text_is_one_cue_a_sentence_at_the_start() -> None:
    cues, _ = parse_plain("I won! Did you?\n\n我赢了。你呢？".encode(), "a.txt")
    assert [cue.text for cue in cues] == ["I won!", "Did you?", "我赢了。", "你呢？"]
    assert {cue.span for cue in cues} == {Span(0.0, 0.0)}


def test_a_text_of_more_sentences_than_any_is_refused() -> None:
    with pytest.raises(LimitError, match=r"long\.txt has 100001 sentences"):
        parse_plain(b"a. " * 100_001, "long.txt")
