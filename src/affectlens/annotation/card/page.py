"""A data card as one self-contained page: no script, no network, light and dark."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

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
from affectlens.evaluation.report.table import table
from affectlens.foundation.hashing import policy_hash

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {kind}</title>
<style>{style}</style>
</head>
<body>
<header>
<p class="brand">Affectlens {kind}</p>
<h1>{title}</h1>
<div class="row big-row">{figures}</div>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def page(
    title: str,
    figures: Mapping[str, str],
    sections: Sequence[Section],
    *,
    kind: str = "data card",
    more_style: str = "",
) -> str:
    """The page; the same card gives the same page. `figures` stand first, by what they are."""
    sheets = [("affectlens.evaluation.report", "page.css"), (__package__, "card.css")]
    texts = [resources.files(package).joinpath(name).read_text("utf-8") for package, name in sheets]
    style = "\n".join([*texts, *filter(None, [more_style])])
    told = "".join(
        f"<div><div class='big'>{escape(value)}</div><div class='faint'>{escape(name)}</div></div>"
        for name, value in figures.items()
    )
    return _PAGE.format(
        hash=policy_hash(style),
        title=escape(title),
        kind=escape(kind),
        style=style,
        figures=told,
        body="\n".join(map(_section, sections)),
    )


def _section(section: Section) -> str:
    blocks = [block for block in section.blocks if not isinstance(block, Example)]
    examples = [_example(block) for block in section.blocks if isinstance(block, Example)]
    body = "".join(map(_block, blocks))
    if examples:
        body += f"<div class='examples'>{''.join(examples)}</div>"
    kind = "half" if section.half else "whole"
    return f"<section class='{kind}'><h2>{escape(section.title)}</h2>{body}</section>"


def _block(block: Block) -> str:
    match block:
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Warn(text):
            return f"<p class='note'>{escape(text)}</p>"
        case Points(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        case Table(heads, rows, title, drawn):
            if drawn:
                folded = f"<summary>{escape(title or 'As a table')}</summary>{table(heads, rows)}"
                return f"<details>{folded}</details>"
            return (f"<h3>{escape(title)}</h3>" if title else "") + table(heads, rows)
        case Plot(title, svg, legend, wide):
            kind = "scroll wide" if wide else "scroll"
            told = f" <span class='faint'>{escape(legend)}</span>" if legend else ""
            return f"<h3>{escape(title)}{told}</h3><div class='{kind}'>{svg}</div>"
        case Example():
            return _example(block)


def _example(one: Example) -> str:
    parts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in one.parts)
    return (
        f"<article class='example'><h3><span class='tag'>{escape(one.label)}</span> "
        f"<span class='id'>{escape(one.id)}</span></h3><p class='faint'>{escape(one.facts)}</p>"
        f"<p>{escape(one.text)}</p><dl>{parts}</dl></article>"
    )
