"""What a run's schools taught before its stages: a curve for each, and its best epoch."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from affectlens.annotation.card.block import Plot, Section, Table
from affectlens.foundation.records import Ledger
from affectlens.training.report.plot import Curve, Frame, curves, number

SCHEMA = "affectlens.school/1"
_SCORES = {"accuracy": "accuracy", "uar": "UAR"}
_SHOWN = ("lesson", "epoch", "loss", *_SCORES, "seconds")


def sections(run: Path) -> Iterator[Section]:
    """Of every school that has begun.

    Raises:
        InputError: a journal is damaged.
    """
    for journal in sorted(run.glob("schools/*/journal.jsonl")):
        rows = list(Ledger(journal, SCHEMA).read())
        plots = [plot for plot in (_scores(rows), _loss(rows)) if plot is not None]
        cells = tuple(tuple(_cell(row, name) for name in _SHOWN) for row in rows)
        yield Section(
            f"School {journal.parent.name}", (*plots, Table(_SHOWN, cells, drawn=bool(plots)))
        )


def _scores(rows: list[dict[str, Any]]) -> Plot | None:
    """Of the faces that are held back and that people agree on."""
    told = [row for row in rows if "uar" in row]
    if not told:
        return None
    drawn = [
        Curve(word, [(row["epoch"], row[name]) for row in told], f"line{place}", dots=True)
        for place, (name, word) in enumerate(_SCORES.items())
    ]
    best = max(told, key=lambda row: (row["score"], row["epoch"]))
    title = "accuracy and UAR on faces that are held back, by epoch"
    chosen = f"taken: epoch {best['epoch']}, {best['accuracy']:.3f} and {best['uar']:.3f}"
    return Plot(f"{title}; {chosen}", curves(title, drawn, Frame(steps=told[-1]["epoch"])))


def _loss(rows: list[dict[str, Any]]) -> Plot | None:
    lessons = list(dict.fromkeys(row["lesson"] for row in rows))
    drawn = [
        Curve(
            lesson,
            [(row["epoch"], row["loss"]) for row in rows if row["lesson"] == lesson],
            f"line{place}",
            dots=True,
        )
        for place, lesson in enumerate(lessons)
    ]
    last = max((row["epoch"] for row in rows), default=0)
    title = "loss of what is learned, by epoch"
    return Plot(title, curves(title, drawn, Frame(steps=last))) if rows else None


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "–")
    return number(value) if isinstance(value, int | float) else str(value)
