"""SVG as text: the few marks that the plots of a report are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


def mark(name: str, content: str = "", **attributes: float | str) -> str:
    """One element around markup; an attribute's underscores are hyphens, at its end nothing."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{content}</{name}>"


def tip(text: str) -> str:
    """What a pointer over a mark brings up, put inside the mark."""
    return mark("title", escape(text))


def words(text: str, x: float, y: float, **attributes: float | str) -> str:
    """Text at a place."""
    return mark("text", escape(text), x=x, y=y, **attributes)


def picture(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """A drawing that grows and shrinks with its page; `title` is what a screen reader says."""
    return mark(
        "svg",
        "".join(parts),
        viewBox=f"0 0 {_plain(width)} {_plain(height)}",
        width=width,
        role="img",
        aria_label=title,
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """Where values lie on a line of pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value; what lies outside is put at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))


def _plain(value: float | str) -> str:
    """At most two decimals: a plot is no place for more, and the page stays small."""
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
