"""Praat TextGrid (long text format): labels, confidence and words as intervals, peaks as points."""

from collections.abc import Iterator

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.tiers import Note, Tier, length_ms, tiers

SUFFIX = ".TextGrid"
LONG = "Praat TextGrid: tiers per person for label, confidence, words and action unit peaks"


def render(analysis: Analysis) -> str:
    """The grid. Interval tiers cover the whole clip; where nothing is noted the text is empty."""
    end_ms = length_ms(analysis)
    rows = [tier for tier in tiers(analysis) if tier.kind != "clues"]
    # Praat opens no grid without a tier.
    rows = rows or [Tier("label", "label", None, ())]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_seconds(end_ms)}",
        "tiers? <exists>",
        f"size = {len(rows)}",
        "item []:",
    ]
    for number, tier in enumerate(rows, start=1):
        lines.append(f"    item [{number}]:")
        lines += (f"        {line}" for line in _tier(tier, end_ms))
    return "\n".join(lines) + "\n"


def _tier(tier: Tier, end_ms: int) -> Iterator[str]:
    """The lines of one tier."""
    points = tier.kind == "peaks"
    notes = list(tier.notes) if points else list(_covering(tier.notes, end_ms))
    yield f'class = "{"TextTier" if points else "IntervalTier"}"'
    yield f"name = {_quoted(tier.name)}"
    yield "xmin = 0"
    yield f"xmax = {_seconds(end_ms)}"
    yield f"{'points' if points else 'intervals'}: size = {len(notes)}"
    for number, note in enumerate(notes, start=1):
        if points:
            yield f"points [{number}]:"
            yield f"    number = {_seconds(note.start_ms)}"
            yield f"    mark = {_quoted(note.text)}"
        else:
            yield f"intervals [{number}]:"
            yield f"    xmin = {_seconds(note.start_ms)}"
            yield f"    xmax = {_seconds(note.end_ms)}"
            yield f"    text = {_quoted(note.text)}"


def _covering(notes: tuple[Note, ...], end_ms: int) -> Iterator[Note]:
    """The notes with empty ones in the gaps, from 0 to the end."""
    now_ms = 0
    for note in notes:
        if note.start_ms > now_ms:
            yield Note(now_ms, note.start_ms, "")
        yield note
        now_ms = note.end_ms
    if now_ms < end_ms:
        yield Note(now_ms, end_ms, "")


def _seconds(moment_ms: int) -> str:
    """Milliseconds as seconds without a trailing zero."""
    return f"{moment_ms / 1000:.3f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    """Text as Praat reads it: quotes doubled."""
    return '"' + text.replace('"', '""') + '"'
