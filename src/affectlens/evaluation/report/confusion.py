"""A confusion matrix as a heat map: each row is what people said, each cell a share of it."""

from collections.abc import Mapping
from typing import Any

from affectlens.evaluation.report.drawing import mark, picture, tip, words

_CELL_W, _CELL_H, _LEFT, _TOP = 74, 34, 130, 46


def plot(details: Mapping[str, Any]) -> str:
    """Of `details["confusion"]`: labels (rows), answers (columns), counts row by row."""
    labels, answers, counts = details["labels"], details["answers"], details["counts"]
    width = _LEFT + _CELL_W * len(answers) + 10
    height = _TOP + _CELL_H * len(labels) + 8
    parts = [words("labelled ↓   predicted →", 6, 16, class_="soft")]
    for column, answer in enumerate(answers):
        x = _LEFT + _CELL_W * (column + 0.5)
        parts.append(words(_short(answer), x, _TOP - 10, text_anchor="middle", class_="head"))
    for row, (label, cells) in enumerate(zip(labels, counts, strict=True)):
        parts += _row(label, cells, answers, _TOP + _CELL_H * row)
    right = sum(
        cells[answers.index(label)]
        for label, cells in zip(labels, counts, strict=True)
        if label in answers
    )
    total = sum(map(sum, counts))
    return picture(width, height, f"Confusion matrix: {right:g} of {total:g} right", parts)


def _row(label: str, cells: list[float], answers: list[str], y: float) -> list[str]:
    total = sum(cells)
    parts = [words(f"{_short(label)} · {total:g}", _LEFT - 10, y + 22, text_anchor="end")]
    for column, (answer, count) in enumerate(zip(answers, cells, strict=True)):
        share = count / total if total else 0.0
        x = _LEFT + _CELL_W * column
        told = tip(f"{label} predicted as {answer}: {count:g} of {total:g} ({share:.0%})")
        size = {"width": _CELL_W - 2, "height": _CELL_H - 2, "rx": 4}
        shape: dict[str, Any] = {"x": x, "y": y, **size}
        kind = "right" if answer == label else "wrong"
        parts.append(mark("rect", class_="cell", **shape))
        parts.append(mark("rect", told, class_=kind, fill_opacity=share, **shape))
        if count:
            ink = "on" if share > 0.55 else "off"
            parts.append(
                words(f"{count:g}", x + _CELL_W / 2 - 1, y + 22, text_anchor="middle", class_=ink)
            )
    return parts


def _short(name: str) -> str:
    return name if len(name) <= 11 else name[:10] + "…"
