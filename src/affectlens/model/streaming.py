"""Text while it is generated: pieces from a thread of its own, errors raised in the reader's."""

# B samples, T tokens

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import StoppingCriteria
from transformers.generation.streamers import BaseStreamer

_CUT = "\ufffd"  # what a decoder writes for bytes that are not yet a character

Decode = Callable[[Sequence[int]], str]
Run = Callable[["Tokens", "Cancel"], Any]


class Cancel(StoppingCriteria):
    """Ends generation at the next token once `event` is set."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        """Whether each sample is done."""
        return torch.full((len(input_ids),), self.event.is_set(), device=input_ids.device)


class Tokens(BaseStreamer):
    """Puts generated ids of one sample into a queue, then None or the error that ended them."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[list[int] | Exception | None] = queue.SimpleQueue()

    def put(self, value: Tensor) -> None:
        """Take new ids (1); what has two dimensions is the prompt."""
        if value.ndim == 1:
            self.queue.put(value.tolist())

    def end(self) -> None:
        """Nothing: the thread says when it is done."""


class Speller:
    """Makes text of ids that come one by one; a character that is cut stays back until whole."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._ids: list[int] = []
        # Decoders treat the first token of a text differently, so the last piece is decoded again
        # with each new one: ids from `_from` on, of which those before `_done` were given out.
        self._from = self._done = 0

    def feed(self, ids: Sequence[int]) -> str:
        """The text that these ids complete; often empty."""
        self._ids.extend(ids)
        given, whole = self._texts()
        if whole.endswith(_CUT) or len(whole) <= len(given):
            return ""
        self._from, self._done = self._done, len(self._ids)
        return whole[len(given) :]

    def rest(self) -> str:
        """What stayed back, at the end."""
        given, whole = self._texts()
        return whole[len(given) :]

    def _texts(self) -> tuple[str, str]:
        given = self._decode(self._ids[self._from : self._done])
        return given, self._decode(self._ids[self._from :])


def pieces(run: Run, decode: Decode) -> Iterator[str]:
    """Text of `run(tokens, cancel)` in pieces as they come; it runs in a thread of its own.

    `run` hands `tokens` to `generate` as its streamer and `cancel` as a stopping criterion. Closing
    the iterator, or leaving a loop over it, cancels; what `run` raises is raised here.
    """
    tokens, cancel, speller = Tokens(), Cancel(), Speller(decode)

    def work() -> None:
        try:
            run(tokens, cancel)
        except Exception as error:  # noqa: BLE001 - raised again below, in the reader's thread
            tokens.queue.put(error)
        finally:
            tokens.queue.put(None)

    thread = threading.Thread(target=work, name="generate", daemon=True)
    thread.start()
    try:
        while (item := tokens.queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            if piece := speller.feed(item):
                yield piece
        if piece := speller.rest():
            yield piece
    finally:
        cancel.event.set()
        thread.join()
