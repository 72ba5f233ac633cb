"""What a person reads first: a plain page for the terminal, 80 columns or as wide as there are."""

import io
from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from affectlens.reasoning.analysis import Absence, Analysis, Person
from affectlens.reasoning.one_line import one_line

SUFFIX = ".txt"
LONG = "a page for the terminal: who expresses what, when, and why"

_NARROWEST, _WIDEST = 60, 110  # columns; lines longer than this are hard to read
_BAR = 10  # columns of a confidence bar
_ROWS = 30  # rows of one list; a long film has thousands


def render(analysis: Analysis) -> str:
    """The page. Colours only on a terminal, and none where NO_COLOR is set."""
    screen = Console()  # knows the width, the colours and NO_COLOR
    page = Console(
        file=io.StringIO(),
        width=min(max(screen.width, _NARROWEST), _WIDEST),
        force_terminal=screen.is_terminal,
        color_system="auto" if screen.is_terminal else None,
        no_color=screen.no_color,
        highlight=False,
        emoji=False,
    )
    with page.capture() as text:
        page.print(_page(analysis))
    return "\n".join(line.rstrip() for line in text.get().splitlines()) + "\n"


def _page(analysis: Analysis) -> Group:
    """Every part, with one blank line between two."""
    parts: list[RenderableType] = [_header(analysis)]
    if not analysis.people:
        parts.append(Text("Nobody whose expression could be analyzed was found.", style="bold"))
    for person in analysis.people:
        parts.append(_person(person))
        parts.append(_segments(analysis, person))
    parts += _reasons(analysis)
    parts.append(Text("These are expressions as they appear, not inner states.", style="dim"))
    spaced = [piece for part in parts for piece in (part, Text())]
    return Group(*spaced[:-1])


def _header(analysis: Analysis) -> Text:
    """The file, its length and its streams."""
    facts = analysis.input
    known = [f"{facts.duration_s:.1f} s" if facts.duration_s else "still image"]
    if facts.width and facts.height:
        known.append(f"{facts.width} × {facts.height}")
    known += [name if there else f"no {name}" for name, there in facts.streams.items()]
    line = Text(one_line(facts.path), style="bold")
    return line.append("\n" + " · ".join(known), style="not bold dim")


def _person(person: Person) -> Text:
    """One person's answer: the label, or that there is none, and what else is near."""
    line = Text(one_line(person.id), style="bold")
    if person.label is None:
        line.append(" shows no clear expression", style="yellow")
        line.append(
            f" (the likeliest has {person.confidence:.2f}: too low, or too close)", "not bold dim"
        )
    else:
        line.append(" expresses ").append(one_line(person.label), style="green")
        line.append("  ").append_text(_bar(person.confidence)).append(f" {person.confidence:.2f}")
    for facts in (_ranked(person), _extra(person)):
        if facts:
            line.append("\n" + " · ".join(facts), style="not bold dim")
    return line


def _ranked(person: Person) -> list[str]:
    """The likeliest labels with their probabilities, or that all are the same."""
    shares = person.probabilities
    if not shares or max(shares.values()) - min(shares.values()) < 0.01:
        return ["every label is equally likely"]
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])[:4]
    return [f"{one_line(label)} {share:.2f}" for label, share in ranked]


def _extra(person: Person) -> list[str]:
    """What is known of a person besides the label."""
    extra = []
    if person.open_vocabulary:
        extra.append("also: " + ", ".join(map(one_line, person.open_vocabulary)))
    if person.valence is not None and person.arousal is not None:
        extra.append(f"valence {person.valence:+.2f}, arousal {person.arousal:+.2f}")
    if person.speaking_s > 0:
        extra.append(f"speaks {person.speaking_s:.1f} s")
    if person.peak_time_s is not None:
        extra.append(f"peak at {person.peak_time_s:.1f} s")
    return extra


def _segments(analysis: Analysis, person: Person) -> Padding:
    """One row for each window of time."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("when", no_wrap=True, justify="right")
    table.add_column("expresses", no_wrap=True)
    table.add_column("confidence", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    texts = {clue.id: one_line(clue.text) for clue in analysis.clues}
    for segment in person.segments[:_ROWS]:
        why = "; ".join(dict.fromkeys(texts[clue] for clue in segment.clues if clue in texts))
        span = segment.span
        table.add_row(
            f"{span.start_s:.1f}–{span.end_s:.1f} s" if span.duration_s else "picture",
            Text(one_line(segment.label)) if segment.label else Text("unclear", style="yellow"),
            _bar(segment.confidence).append(f" {segment.confidence:.2f}"),
            Text(why or "no clue speaks for one label", style="" if why else "dim"),
        )
    if (more := len(person.segments) - _ROWS) > 0:
        table.add_row("…", "", "", Text(f"{more} more; the CSV has them all", style="dim"))
    return Padding(table, (0, 0, 0, 2))


def _bar(share: float) -> Text:
    """A share of 1 as a bar."""
    full = round(max(0.0, min(1.0, share)) * _BAR)
    return Text("█" * full, style="cyan").append("░" * (_BAR - full), style="dim")


def _reasons(analysis: Analysis) -> Iterator[RenderableType]:
    """The explanation, conflicts, words, and what is missing, each only where there is some."""
    if analysis.explanation.text and analysis.people:
        yield _list("Why", [("", analysis.explanation.text)])
    conflicts = [
        (f"{person.id}  {found.span.start_s:.1f}–{found.span.end_s:.1f} s", found.text)
        for person in analysis.people
        for found in person.conflicts
        if found.text not in analysis.explanation.text
    ]
    yield from _some("The modalities disagree", conflicts)
    said = [(f"{s.span.start_s:.1f} s  {s.person or '?'}", s.text) for s in analysis.transcript]
    yield from _some("Said", said)
    yield from _some("Not measured", [("", line) for line in _absences(analysis.missing)])
    yield from _some("Warnings", [("", warning) for warning in analysis.warnings])


def _absences(missing: Iterable[Absence]) -> list[str]:
    """What is missing, those with one reason in one line."""
    reasons: dict[str, list[str]] = {}
    for absence in missing:
        reasons.setdefault(absence.why, []).append(absence.what)
    lines = []
    for why, what in reasons.items():
        more = f" and {len(what) - 3} more" if len(what) > 3 else ""
        lines.append(f"{', '.join(what[:3])}{more}: {why}")
    return lines


def _some(title: str, rows: list[tuple[str, str]]) -> Iterator[Group]:
    """The list, where it has anything."""
    if rows:
        yield _list(title, rows)


def _list(title: str, rows: list[tuple[str, str]]) -> Group:
    """A title and rows of a lead and a text below it, indented."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    led = any(lead for lead, _ in rows)
    if led:
        grid.add_column(max_width=20, style="dim", overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for lead, text in rows[:_ROWS]:
        cells = (Text(one_line(lead)), Text(one_line(text)))
        grid.add_row(*cells if led else cells[1:])
    if (more := len(rows) - _ROWS) > 0:
        grid.add_row(*(["…"] if led else []), f"… {more} more")
    return Group(Text(title, style="bold"), Padding(grid, (0, 0, 0, 2)))
