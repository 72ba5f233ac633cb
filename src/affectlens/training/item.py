"""`Item`: one clip to learn from, wherever it was told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from affectlens.annotation.annotation import Annotation
from affectlens.foundation.missing import Missing
from affectlens.model.example import Turn


class Pair(NamedTuple):
    """Two answers to a question, of which people or rules prefer one."""

    question: str
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is known of it, and its file; a source of data is a `Sequence[Item]` that holds none."""

    annotation: Annotation
    media: Path | Missing  # the file that encoders are shown and whose content is hashed
    turns: tuple[Turn, ...] = ()  # a conversation as it was told, for the task "conversation"
    pair: Pair | None = None  # for learning from preferences
    place: str = ""  # where it was read, such as "merr.json, sample_0001"
    # Clips of other data that it is put together of, by what they give: voice, face, words.
    parts: "Mapping[str, Component]" = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name in its source."""
        return self.annotation.id


class Component(NamedTuple):
    """A clip of some data of the recipe, as a part of another."""

    data: str
    number: int  # in that data
    item: Item


def contents_of(source: str, item: Item) -> list[tuple[str, Item]]:
    """The clips that a clip of a source is put together of, with their sources; else itself."""
    return [(part.data, part.item) for part in item.parts.values()] or [(source, item)]


Sources = Mapping[str, Sequence[Item]]  # by the names of a recipe's data
