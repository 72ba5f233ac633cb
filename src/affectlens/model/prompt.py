"""The one prompt builder: an `Example` and a `Layout` become a `Prompt` of texts and slots."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is tokenized by itself; `learned` text is an answer and its end."""

    text: str
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the tokens of a stream stand."""

    stream: str


@dataclass(frozen=True, slots=True)
class Begin:
    """One begin-of-sequence id."""


Piece = Text | Slot | Begin
Prompt = tuple[Piece, ...]
