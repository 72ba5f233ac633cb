"""A small folder of word tables, laid out and faulty as upstream's, made here for tests."""

from collections.abc import Sequence
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared"

FORMS = {
    "glad": "glad,gladly,gladness",
    "happy": "happy,happiness",
    "calm": "calm,calmly",
    "furious": "furious,furiously",
    "mad": "mad,madness",
    "jealous": "jealous,jealousy",
    "lost": "lost",
    "overwhelmed": "overwhelmed,overwhelming",
    "scared": "scared,fear",
    "fearless": "fearless,fear",  # the fault of 2025: a stem lists its opposite
    "no words": "",
    "aimless": "aimless,aimlessly",
}
SYNONYMS = {
    "happy": "glad,fearless",
    "mad": "furious",
    "hurt": "jealous",
    "sad": "lost",
    "scared": "lost, overwhelmed",
    "overwhelmed": "overwhelmed",
    "calm": "no words",
    "unseen": "aimless",
    "absent": "jealous",
}
JOY = [("Joy", "Happy", "Calm")]
ANGER = [("Anger", "Mad", "Furious"), (None, "Hurt", "Jealous")]
FEAR = [("Fear", "Scared", "Overwhelmed"), (None, "Weak", "Sad")]
WHEELS: list[Sequence[tuple[str | None, str | None, str | None]]] = [
    [*JOY, *ANGER, *FEAR],
    # "overwhelmed" stands twice, and the later branch has it; "mad" is level 1 here
    [*FEAR, (" Mad ", " Hurt ", " Overwhelmed "), (None, None, " Furious "), *JOY],
    [*ANGER, *JOY],  # knows no fear
    [*JOY, *ANGER, *FEAR],
    [*JOY, *ANGER, *FEAR],
]


def make(folder: Path) -> Path:
    """Write the tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'{name},"{forms}"' for name, forms in FORMS.items()]
    (folder / "format.csv").write_text("\n".join(["name,format", *lines]), encoding="utf-8")
    header = [f"{kind}_run{run}" for run in range(1, 9) for kind in ("word", "synonym")]
    words = list(SYNONYMS.items())
    rows = [
        [cell for run in range(8) for cell in words[(at + run) % len(words)]]  # not aligned
        for at in range(len(words))
    ]
    write(folder / "synonym.xlsx", header, rows)
    for number, tree in enumerate(WHEELS, 1):
        write(folder / f"wheel{number}.xlsx", ["level1", "level2", "level3"], tree)
    return folder


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """A workbook of one sheet."""
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    page.append(list(header))
    for row in rows:
        page.append(list(row))
    book.save(path)
