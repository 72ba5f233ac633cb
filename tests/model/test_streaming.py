"""Streams give the text piece by piece, raise what went wrong, and stop when left."""

import threading
from collections.abc import Generator, Sequence
from itertools import count

import pytest
import torch

from affectlens.model.streaming import Cancel, Run, Speller, Tokens, pieces


def of_bytes(ids: Sequence[int]) -> str:
    """A tokenizer of single bytes that, like SentencePiece, eats the first blank."""
    text = bytes(ids).decode("utf-8", errors="replace")
    return text.removeprefix(" ")


def saying(text: str) -> Run:
    def run(tokens: Tokens, cancel: Cancel) -> None:
        tokens.put(torch.zeros(1, 3, dtype=torch.long))  # the prompt, as generate hands it
        for byte in text.encode():
            tokens.put(torch.tensor([byte]))
        tokens.end()

    return run


@pytest.mark.parametrize(
    "text", ["I am  happy.", "悲伤、失望", "é😀 ok", "a\ufffdb", "", "x\ufffd"]
)
def test_pieces_make_up_the_text(text: str) -> None:
    found = list(pieces(saying(text), of_bytes))
    assert "".join(found) == text
    assert all(found)


def test_characters_that_are_cut_stay_back() -> None:
    found = list(pieces(saying("a😀b"), of_bytes))
    assert found == ["a", "😀", "b"]


def test_what_never_becomes_whole_comes_at_the_end() -> None:
    speller = Speller(of_bytes)
    assert [speller.feed([byte]) for byte in "ok😀".encode()[:-1]] == ["o", "k", "", "", ""]
    assert speller.rest() == "\ufffd"


def test_errors_are_raised_where_the_text_is_read() -> None:
    def run(tokens: Tokens, cancel: Cancel) -> None:
        tokens.put(torch.tensor([ord("a")]))
        raise RuntimeError("out of memory")

    stream = pieces(run, of_bytes)
    assert next(stream) == "a"
    with pytest.raises(RuntimeError, match="out of memory"):
        next(stream)


def test_leaving_the_loop_ends_the_thread() -> None:
    ended = threading.Event()

    def run(tokens: Tokens, cancel: Cancel) -> None:
        for _ in count():
            tokens.put(torch.tensor([ord("a")]))
            if cancel(torch.zeros(2, 1), None).all():
                break
        ended.set()

    stream = pieces(run, of_bytes)
    assert next(stream) == "a"
    assert not ended.is_set()
    assert isinstance(stream, Generator)
    stream.close()  # what leaving a for loop does
    assert ended.is_set()


def test_nothing_runs_before_it_is_read() -> None:
    ran = []
    stream = pieces(lambda tokens, cancel: ran.append(1), of_bytes)
    assert not ran
    assert list(stream) == []
    assert ran
