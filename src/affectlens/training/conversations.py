"""Conversations as trainers of language models have them, as clips with turns.

What stands for media in the text (<video>, <audio>, <image>) is taken out: where they belong is
the matter of a system's own prompt. So is what a system is told beforehand: it is kept in the
columns of the source, and not learned. Questions and answers stay as they are.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from affectlens.annotation import imported
from affectlens.annotation.conversation import PLACEHOLDERS
from affectlens.annotation.imported import Told
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.model.example import Turn
from affectlens.training.item import Item
from affectlens.training.items import Items, below
from affectlens.training.json_rows import JsonRows

_PLACES = re.compile(rf"(?:{'|'.join(PLACEHOLDERS.values())})[ \t]*\n?")
_ROLES = {
    "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant",
    "system": "system",
}  # fmt: skip
# What the columns are called unless a file says otherwise; the first that is there counts.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "messages": ("messages", "conversations"),
    "prompt": ("instruction", "query"),
    "query": ("input",),
    "response": ("output", "response"),
    "history": ("history",),
    "system": ("system",),
    "videos": ("videos", "video"),
    "audios": ("audios", "audio"),
    "images": ("images", "image"),
}
_SPLITS = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev",
           "test": "test"}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of conversations, and what it calls things."""

    rows: JsonRows
    roots: tuple[Path, ...]  # folders that media are told from
    columns: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def split(self) -> str | Missing:
        """That of all its rows: told by the first word of the file's name, as in dev_emotion."""
        word = _WORD.match(self.rows.path.stem)
        split = _SPLITS.get(word[0].lower()) if word else None
        return split or Missing(f"the name {self.rows.path.name} tells none")

    def cell(self, row: Row, column: str) -> Any:
        """What a row has there, by whatever name."""
        names = (self.columns[column],) if column in self.columns else _COLUMNS[column]
        return next((row[name] for name in names if row.get(name) is not None), None)


class Conversations:
    """Reads the rows of several files as clips."""

    def __init__(self, parts: Sequence[Part], by: str) -> None:
        self._parts = tuple(parts)
        self._ends = tuple(accumulate(len(part.rows) for part in parts))
        self._by = by

    def items(self) -> Items:
        """All of them."""
        return Items(self._ends[-1] if self._ends else 0, self)

    def __call__(self, index: int) -> Item:
        """One row.

        Raises:
            InputError: it is damaged, or no conversation that can be learned; tells file and row.
        """
        number = bisect_right(self._ends, index)
        part = self._parts[number]
        inside = index - (self._ends[number - 1] if number else 0)
        place = part.rows.place(inside)
        row = part.rows.row(inside)
        turns, system = _turns(part, row, place)
        media = _media(part, row, place)
        told = Told(
            name=_name(row, media, place),
            by=self._by,
            columns={"place": place, **({"system": system} if system else {})},
        )
        annotation = replace(imported.annotation(told, part.roots[0]), split=part.split)
        file = media if isinstance(media, Missing) else below(media, part.roots)
        return Item(annotation=annotation, media=file, turns=turns, place=place)


def _name(row: Row, media: str | Missing, place: str) -> str:
    """Its id; else its file's name, by which features are found."""
    if isinstance(row.get("id"), str | int):
        return str(row["id"])
    return re.sub(r"\W+", "-", place) if isinstance(media, Missing) else Path(media).stem


def _media(part: Part, row: Row, place: str) -> str | Missing:
    """The file that is shown: a video before its sound and its picture."""
    for column in PLACEHOLDERS:
        paths = [_path(one) for one in _listed(part.cell(row, column))]
        if len(paths) > 1:
            raise InputError(f"{place} has {len(paths)} {column}: one clip can be shown at a time.")
        if paths:
            return paths[0]
    return Missing("it is a conversation without media")


def _path(one: object) -> str:
    return str(one.get("path") if isinstance(one, Mapping) else one)


def _listed(cell: Any) -> list[Any]:
    if cell is None or cell == "":
        return []
    return cell if isinstance(cell, list) else [cell]


def _turns(part: Part, row: Row, place: str) -> tuple[tuple[Turn, ...], str]:
    """Questions and answers, and what the system was told beforehand."""
    system = str(part.cell(row, "system") or "")
    said = []
    for role, text in _said(part, row, place):
        if role == "system":
            system = text
        else:
            said.append((role, _PLACES.sub("", text).strip()))
    roles = [role for role, _ in said]
    if not said or roles != ["user", "assistant"] * (len(said) // 2):
        raise InputError(
            f"{place}: wanted questions of a user, each with its answer, found "
            f"{', '.join(roles) or 'nothing'}."
        )
    texts = [text for _, text in said]
    if not all(texts):
        raise InputError(f"{place}: a question or an answer has no words.")
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return tuple(Turn(question=question, answer=answer) for question, answer in pairs), system


def _said(part: Part, row: Row, place: str) -> list[tuple[str, str]]:
    """Roles and texts of a row in their order."""
    messages = part.cell(row, "messages")
    if messages is None:
        return _asked(part, row, place)
    roles = _ROLES | {
        part.tags[f"{role}_tag"]: role
        for role in ("user", "assistant", "system")
        if f"{role}_tag" in part.tags
    }
    found = []
    for message in _objects(messages, place):
        role = _first(message, part.tags.get("role_tag"), "role", "from")
        text = _first(message, part.tags.get("content_tag"), "content", "value")
        if role not in roles or not isinstance(text, str):
            raise InputError(
                f"{place}: wanted messages of {', '.join(roles)} with a text, found "
                f"{str(dict(message))[:80]!r}."
            )
        found.append((roles[str(role)], text))
    return found


def _objects(messages: object, place: str) -> list[Row]:
    if isinstance(messages, list) and all(isinstance(one, dict) for one in messages):
        return messages
    raise InputError(f"{place}: wanted a list of messages, found {str(messages)[:60]!r}.")


def _asked(part: Part, row: Row, place: str) -> list[tuple[str, str]]:
    """Roles and texts of a row that has a question, its answer, and those before them."""
    question, more = part.cell(row, "prompt"), part.cell(row, "query")
    answer, before = part.cell(row, "response"), part.cell(row, "history") or []
    if not isinstance(question, str) or not isinstance(answer, str):
        raise InputError(
            f"{place} has no conversation: wanted messages, conversations, instruction and output, "
            f"or query and response; it has {', '.join(row) or 'nothing'}."
        )
    asked = f"{question}\n{more}" if isinstance(more, str) and more else question
    pairs = [*before, (asked, answer)] if isinstance(before, list) else []
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs) or not pairs:
        raise InputError(f"{place}: wanted pairs of texts as history, found {str(before)[:60]!r}.")
    return [
        said for one, other in pairs for said in (("user", str(one)), ("assistant", str(other)))
    ]


def _first(message: Row, *names: str | None) -> object:
    return next((message[name] for name in names if name is not None and name in message), None)
