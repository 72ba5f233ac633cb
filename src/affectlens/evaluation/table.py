"""Scores and comparisons as tables for a terminal or for Markdown, after lm-eval's."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from affectlens.evaluation.score import Score, Scores
from affectlens.evaluation.statistics import floors
from affectlens.evaluation.statistics.difference import Comparison, sentence
from affectlens.evaluation.wording import DASH, interval, number
from affectlens.foundation.missing import Missing

UP, DOWN = "↑", "↓"
_HEADS = ("Task", "Version", "Mode", "n", "parsed", "failed", "Metric", "", "Value", "95 % CI",
          "floor (best)")  # fmt: skip
_RIGHT = frozenset({"n", "parsed", "failed", "Value", "A", "B", "B − A", "p", "p (Holm)"})


@dataclass(frozen=True, slots=True)
class Task:
    """What scores are of."""

    name: str
    version: str = DASH


def table(
    scores: Sequence[Scores],
    *,
    tasks: Sequence[Task] = (),
    every: bool = False,
    markdown: bool = False,
) -> str:
    """A row per score, the headline first; shares in percent.

    Args:
        scores: Of each metric.
        tasks: What each of them is of; none: their metrics.
        every: Also the scores of parts, whose names have a point, such as recall.happy.
        markdown: As Markdown, to be pasted; else padded for a terminal.
    """
    named = tasks or [Task(one.metric) for one in scores]
    rows = []
    for one, task in zip(scores, named, strict=True):
        chosen = sorted(one.scores, key=lambda score: score.name != one.headline)
        chosen = [s for s in chosen if every or "." not in s.name or s.name == one.headline]
        for place, score in enumerate(chosen):
            facts = [task.name, task.version, one.mode, str(one.samples), str(one.parsed),
                     str(one.failed)]  # fmt: skip
            rows.append([*(facts if place == 0 else [""] * len(facts)), *_cells(score, one)])
    return lines(_HEADS, rows, markdown=markdown)


def comparison(found: Comparison, *, every: bool = False, markdown: bool = False) -> str:
    """A row per score of both systems, and under it a sentence for each headline."""
    heads = ("Metric", "", "A", "B", "B − A", "95 % CI", "p", "p (Holm)")
    rows = []
    for one in found.differences:
        if not (every or one.headline or "." not in one.score):
            continue
        # A difference is shown as a score is.
        as_score = Score(
            name=one.score, value=one.difference, low=one.low, high=one.high, error=Missing("")
        )
        shown = [number(value, share=one.share) for value in (one.a, one.b, one.difference)]
        ps = [DASH if isinstance(p, Missing) else f"{p:.4f}" for p in (one.p, one.adjusted)]
        arrow = DOWN if one.lower_is_better else UP
        name = f"{one.metric} {one.score}"
        rows.append([name, arrow, *shown, interval(_of(as_score, share=one.share)), *ps])
    said = [sentence(one, "A", "B") for one in found.differences if one.headline]
    said += [
        f"{one.metric}: only A is right on {one.only_a} samples, only B on {one.only_b} "
        f"(McNemar's p {one.p:.4f})."
        for one in found.right_wrong
    ]
    title = f"A: {_clean(found.a)}\nB: {_clean(found.b)}\n{found.samples} samples\n"
    return "\n".join([title, lines(heads, rows, markdown=markdown), *said, *found.notes])


def lines(heads: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
    """Cells between upright strokes under heads."""
    cells = [[_clean(cell) for cell in row] for row in (heads, *rows)]
    if markdown:
        cells = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(heads))]
    right = [head in _RIGHT for head in heads]
    rule = [
        "-" * (max(width, 3) - 1) + (":" if aligned else "-")
        for width, aligned in zip(widths, right, strict=True)
    ]
    padded = [
        [
            " " * (max(width, 3) - _width(cell)) + cell
            if aligned
            else cell + " " * (max(width, 3) - _width(cell))
            for cell, width, aligned in zip(row, widths, right, strict=True)
        ]
        for row in (cells[0], rule, *cells[1:])
    ]
    return "\n".join("|" + "|".join(row) + "|" for row in padded)


def _cells(score: Score, scores: Scores) -> list[str]:
    unit = " %" if score.share and not isinstance(score.value, Missing) else ""
    floor = floors.best(scores.floors, score)
    below = DASH if floor is None else f"{number(floor[1], share=score.share)} {floor[0]}"
    arrow = DOWN if score.lower_is_better else UP
    value = number(score.value, share=score.share) + unit
    return [score.name, arrow, value, interval(score), below]


def _of(score: Score, *, share: bool) -> Score:
    return Score(
        name=score.name,
        value=score.value,
        low=score.low,
        high=score.high,
        error=score.error,
        share=share,
    )


def _clean(text: str) -> str:
    """One line; letters that steer a terminal are shown as what they are: unknown."""
    return "".join(
        "�" if unicodedata.category(letter).startswith("C") else letter for letter in text
    )


def _width(text: str) -> int:
    """Columns of a terminal: wide letters take two, marks on letters none."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )
