"""A card as Markdown with the YAML header of the Hugging Face Hub."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from affectlens.annotation.card.block import (
    Block,
    Example,
    Plot,
    Points,
    Section,
    Table,
    Text,
    Warn,
)

# What Markdown would take for more than text.
_MARKS = re.compile(r"([\\`*_\[\]#|~!])")
_SPACE = re.compile(r"\s+")

# Identifiers that the Hub knows, of licences that data sets have.
_KNOWN = {
    "apache-2.0", "mit", "cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "odc-by", "odbl", "pddl",
}  # fmt: skip


PLOTS = "Plots and more are in [card.html](card.html)."


def readme(
    title: str, header: Mapping[str, object], sections: Sequence[Section], *, first: str = PLOTS
) -> str:
    """The card; text of the data is escaped, so that it can be nothing but text.

    `first` is Markdown that stands before the sections.
    """
    lines = ["---", *_yaml(header), "---", "", f"# {plain(title)}", "", first, ""]
    for section in sections:
        lines += [f"## {plain(section.title)}", ""]
        for block in section.blocks:
            lines += _block(block)
    return "\n".join(lines).rstrip() + "\n"


def plain(text: str) -> str:
    """Text on one line that Markdown and HTML take for nothing else."""
    return _MARKS.sub(r"\\\1", escape(_SPACE.sub(" ", text).strip(), quote=False))


def licence_id(told: Sequence[str]) -> str:
    """The Hub's identifier of the one licence of all clips, else "other" or "unknown"."""
    names = {re.sub(r"[\s_]+", "-", name.strip().lower()) for name in told}
    if not names or names == {""}:
        return "unknown"
    return names.pop() if len(names) == 1 and names <= _KNOWN else "other"


def size_category(clips: int) -> str:
    """The Hub's word for how many there are."""
    steps = (("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6))
    return next((name for name, below in steps if clips < below), "1M<n<10M")


def _yaml(header: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Mappings, lists and scalars; JSON's strings are YAML's."""
    for key, value in header.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _yaml(value, indent + "  ")
        elif isinstance(value, list | tuple):
            yield f"{indent}{key}:"
            yield from _items(value, indent)
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _items(values: Sequence[object], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _yaml(value, indent + "  ")
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(value)}"


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(text):
            yield plain(text)
        case Warn(text):
            yield f"> **Mind:** {plain(text)}"
        case Points(items):
            yield from (f"- {plain(item)}" for item in items)
        case Table(heads, rows, title, _):
            yield from _table(heads, rows, title)
        case Example():
            yield from _example(block)
        case Plot():
            return
    yield ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> Iterator[str]:
    if title:
        yield from (f"**{plain(title)}**", "")
    yield f"| {' | '.join(map(plain, heads))} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(map(plain, row))} |" for row in rows)


def _example(one: Example) -> Iterator[str]:
    yield f"**{plain(one.id)}** — {plain(one.label)} ({plain(one.facts)})"
    yield ""
    yield from (f"- {name}: {plain(text)}" for name, text in one.parts)
    yield from ("", f"> {plain(one.text)}")
