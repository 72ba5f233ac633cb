"""What a card is made of, before it is Markdown or a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Warn:
    """A sentence that must not be overlooked."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    drawn: bool = False  # a plot shows the same: the page folds it away


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing as SVG, made of escaped text only; Markdown goes without."""

    title: str
    svg: str
    legend: str = ""
    wide: bool = False  # scrolls on a small page rather than shrink


@dataclass(frozen=True, slots=True)
class Example:
    """A clip as it stands in the data set."""

    id: str
    label: str
    facts: str
    parts: tuple[tuple[str, str], ...]  # names and texts
    text: str


Block = Text | Warn | Points | Table | Plot | Example


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a head."""

    title: str
    blocks: tuple[Block, ...]
    half: bool = False  # on a wide page it stands beside another one
