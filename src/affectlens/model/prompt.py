"""The one prompt builder: an `Example` and a `Layout` become a `Prompt` of texts and slots."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from affectlens.foundation.errors import InputError
from affectlens.model.declaration import EOS, TEXT_FIELDS, Layout
from affectlens.model.example import Example, Turn

if TYPE_CHECKING:
    from affectlens.model.tokenizers import Spelling


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is tokenized by itself; `learned` text is an answer and its end."""

    text: str
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """One special token of the tokenizer, such as </s>; only layouts and templates write these."""

    spelled: str
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the tokens of a stream stand."""

    stream: str


@dataclass(frozen=True, slots=True)
class Begin:
    """One begin-of-sequence id."""


Piece = Text | Symbol | Slot | Begin
Prompt = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Ours:
    """Text of a layout or a template, in which special tokens are meant as such."""

    text: str


_Part = str | _Ours | Slot | Begin  # a plain str is somebody's words
_FIELD = re.compile(r"\{(\w+)\}")
_MARK = "affectlens-message-{}-mark"


def build(example: Example, layout: Layout, spelling: "Spelling", *, learn: bool) -> Prompt:
    """What the language model reads; with `learn` also the last answer, which alone is learned.

    Without `learn` the last answer is never looked at. Earlier answers stand in the prompt.

    Raises:
        InputError: the example asks nothing, or lacks an answer that it should have.
        ConfigError: the layout wants a chat template and the tokenizer has none that fits.
    """
    _check(example, learn=learn)
    frames = _frames(layout, len(example.turns), spelling)
    pieces: list[Piece] = []
    for number, (turn, (before, after)) in enumerate(zip(example.turns, frames, strict=True)):
        sentences = layout.later if number else layout.first
        begins = layout.bos_later if number else layout.bos
        parts = [part for sentence in sentences for part in _filled(sentence, example, turn)]
        asked = [*[Begin()] * begins, _Ours(before), *parts, _Ours(after)]
        pieces += _settled(asked, spelling)
        last = number == len(example.turns) - 1
        if learn or not last:
            pieces += _settled(_answer(turn, layout, spelling, last=last), spelling, learned=last)
    return tuple(pieces)


def ended(layout: Layout, spelling: "Spelling") -> str:
    """What a layout writes behind answers, in the tokenizer's spelling."""
    return layout.end.replace(EOS, spelling.eos)


def _check(example: Example, *, learn: bool) -> None:
    if not example.turns:
        raise InputError(f"{example.name} has no question.")
    answered = example.turns if learn else example.turns[:-1]
    for number, turn in enumerate(answered, start=1):
        if turn.answer is None:
            raise InputError(
                f"{example.name}: question {number} has no answer; all have one but the last, "
                "and in training the last too."
            )


def _frames(layout: Layout, turns: int, spelling: "Spelling") -> list[tuple[str, str]]:
    """What stands before and after the sentences of each turn."""
    if layout.wrap == "chat":
        texts = spelling.chat([_MARK.format(i) for i in range(2 * turns - 1)])
        return list(zip(texts[::2], texts[1::2], strict=True))
    before, _, after = layout.wrap.partition("{}")
    return [(before, after)] * turns


def _answer(turn: Turn, layout: Layout, spelling: "Spelling", *, last: bool) -> list[_Part]:
    """An answer with its end; a chat template writes the ends of earlier ones itself."""
    if not last and layout.forget is not None:
        return [_Ours(layout.forget)]
    end = ended(layout, spelling)
    if layout.wrap == "chat":
        end = (end or spelling.chat_end()) if last else ""
    return [turn.answer or "", _Ours(end)]


def _filled(sentence: str, example: Example, turn: Turn) -> list[_Part]:
    """A sentence with its texts, or nothing where what it speaks of is not there."""
    fields = _FIELD.findall(sentence)
    texts = {
        "question": turn.question,
        "task": turn.task,
        "subtitle": example.subtitle,
        "clues": example.clues,
    }
    said = {name: text for name, text in texts.items() if text and not text.isspace()}
    if any(name in TEXT_FIELDS and name not in said for name in fields):
        return []
    if fields and not any(name in said or name in example.present for name in fields):
        return []
    parts: list[_Part] = []
    for i, part in enumerate(_FIELD.split(sentence)):
        if i % 2 == 0:
            parts.append(_Ours(part))
        elif part in said:
            parts.append(said[part])
        elif part in example.present:
            parts.append(Slot(part))
    return parts


def _settled(parts: Sequence[_Part], spelling: "Spelling", *, learned: bool = False) -> list[Piece]:
    """Neighbouring texts joined into one, cut only at slots and special tokens."""
    pieces: list[Piece] = []
    for part in parts:
        for piece in _spelled(part, spelling, learned=learned):
            if not isinstance(piece, str):
                pieces.append(piece)
            elif pieces and isinstance(pieces[-1], Text):
                pieces[-1] = Text(pieces[-1].text + piece, learned)
            elif piece:
                pieces.append(Text(piece, learned))
    return pieces


def _spelled(part: _Part, spelling: "Spelling", *, learned: bool) -> Sequence[str | Piece]:
    if isinstance(part, _Ours):
        return spelling.split(part.text, learned=learned)
    return [part]
