"""One metric's part of a report: its headline, its plots and its tables."""

from collections.abc import Sequence
from html import escape

from affectlens.evaluation.report import confusion, intervals, reliability
from affectlens.evaluation.report.table import table
from affectlens.evaluation.score import Floor, Score, Scores, Slice
from affectlens.evaluation.statistics import floors
from affectlens.evaluation.wording import DASH, interval, number, spoken
from affectlens.foundation.missing import Missing

_MOST_ROWS = 14  # of a plot; the table has the rest


def section(scores: Scores) -> str:
    """All that is known of one metric."""
    head = scores.get(scores.headline)
    parts = [
        f"<h2>{escape(spoken(scores.metric))} <span class='faint'>{scores.mode}</span></h2>",
        _headline(head, scores),
        *(f"<p class='note'>{escape(note)}</p>" for note in scores.notes),
        *_plots(scores),
        _details(scores),
        *_slices(scores.slices, scores.headline),
        _table(scores),
    ]
    return f"<section>{''.join(parts)}</section>"


def _headline(head: Score, scores: Scores) -> str:
    unit = " %" if head.share and not isinstance(head.value, Missing) else ""
    better = ", less is better" if head.lower_is_better else ""
    facts = [
        f"<div><div class='big'>{number(head.value, share=head.share)}{unit}</div>"
        f"<div class='faint'>{escape(spoken(head.name))}{better} · 95 % interval "
        f"{interval(head)}</div></div>",
        *(f"<div>{_floor(floor, head)}</div>" for floor in _telling(scores.floors, head)),
        f"<div>{scores.samples} samples<div class='faint'>{scores.counted} counted · "
        f"{scores.parsed} parsed · {scores.failed} failed</div></div>",
    ]
    return f"<div class='row'>{''.join(facts)}</div>"


def _telling(found: Sequence[Floor], head: Score) -> list[Floor]:
    """The best of the floors, and what most people think of: the majority, and drawing lots."""
    top = floors.best(found, head)
    usual = ("majority", "prior-random")
    return [one for one in found if one.name in usual or (top is not None and one.name == top[0])]


def _floor(floor: Floor, head: Score) -> str:
    value = floor.scores.get(head.name)
    text = DASH if value is None else number(value, share=head.share)
    return f"{text}<div class='faint'>floor: {escape(floor.name)}</div>"


def _plots(scores: Scores) -> list[str]:
    """Shares and other numbers have an axis each."""
    plots = []
    for share in (True, False):
        chosen = [score for score in scores.scores if score.share is share][:_MOST_ROWS]
        if chosen and not all(isinstance(score.value, Missing) for score in chosen):
            lines = [
                intervals.Line(spoken(score.name), score, _floors(score.name, scores.floors))
                for score in chosen
            ]
            plots.append(intervals.plot(lines, f"{scores.metric}: scores with 95 % intervals"))
    legend = (
        "<p class='faint'>Dots: scores with their 95 % intervals. Upright strokes: what is "
        "reached without looking at the samples.</p>"
    )
    return ["<h3>Scores and their floors</h3>", *plots, legend] if plots else []


def _floors(name: str, told: Sequence[Floor]) -> dict[str, float]:
    if not floors.telling(name):
        return {}
    found = {floor.name: floor.scores.get(name) for floor in told}
    return {key: value for key, value in found.items() if isinstance(value, float | int)}


def _details(scores: Scores) -> str:
    parts = []
    if "confusion" in scores.details:
        plot = confusion.plot(scores.details["confusion"])
        parts.append(f"<h3>Confusion matrix</h3><div class='scroll'>{plot}</div>")
    if "reliability" in scores.details:
        parts.append(f"<h3>Reliability</h3>{reliability.plot(scores.details['reliability'])}")
    return "".join(parts)


def _slices(slices: Sequence[Slice], headline: str) -> list[str]:
    parts = []
    for column in dict.fromkeys(one.column for one in slices):
        mine = [one for one in slices if one.column == column]
        lines = [
            intervals.Line(
                f"{one.value} ({one.samples})",
                next(score for score in one.scores if score.name == headline),
                {},
                one.warning,
            )
            for one in mine
        ]
        title = f"{spoken(headline)} by {column}"
        parts += [f"<h3>{escape(title)}</h3>", intervals.plot(lines, title)]
        parts += [
            f"<p class='faint'>{escape(f'{one.value}: {one.warning}')}</p>"
            for one in mine
            if one.warning
        ]
    return parts


def _table(scores: Scores) -> str:
    heads = ["score", "value", "95 % interval", *(floor.name for floor in scores.floors)]
    rows = [
        [
            spoken(score.name),
            number(score.value, share=score.share),
            interval(score),
            *(
                number(value, share=score.share)
                for value in (floor.scores.get(score.name, Missing("")) for floor in scores.floors)
            ),
        ]
        for score in scores.scores
    ]
    return f"<details><summary>All scores as a table</summary>{table(heads, rows)}</details>"
