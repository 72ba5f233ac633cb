"""The curves of one stage: loss, rates, speed, and the scores of the held-back part."""

from collections.abc import Callable, Iterator, Sequence

from affectlens.annotation.card.block import Plot, Section, Table
from affectlens.training.figures import Course, Record
from affectlens.training.report.plot import (
    Best,
    Curve,
    Frame,
    Level,
    Point,
    curves,
    number,
    scale,
    smooth,
)
from affectlens.training.report.story import NAMES, Story

_LINES = 5  # colours that there are
_SMOOTH = 50  # a curve is smoothed over this part of it
_OUTLIERS = 0.01  # share of the values that may lie above a plot
_FAR = 1.5  # times as high would the plot be with them


def sections(story: Story, course: Course) -> Iterator[Section]:
    """Half a page each; nothing of what was not measured."""
    steps = float(max(course.steps_wanted, course.last_step))
    for title, plot, table in (
        ("loss", _loss(course, steps), None),
        ("held-back part", _scores(story, course, steps), _developments(course)),
        ("learning rate", _rates(course, steps), None),
        ("speed", _speed(course, steps), None),
        ("norm of the gradients", _norm(course, steps), None),
        ("loss on the held-back part", _held_loss(story, course, steps), None),
        ("rewards", _rewards(course, steps), None),
    ):
        if plot is not None:
            blocks = (plot,) if table is None else (plot, table)
            yield Section(f"{course.stage}: {title}", blocks, half=True)


def _loss(course: Course, steps: float) -> Plot | None:
    raw = _points(course.steps, "loss")
    return _noisy("of what is learned, the mean of the steps since the last line", raw, steps)


def _scores(story: Story, course: Course, steps: float) -> Plot | None:
    score = story.score(course)
    points = _points(course.developments, score)
    if not points:
        return None
    name = NAMES[score]
    floors = _points(course.developments, f"{score}_majority")
    level = Level(value=floors[-1][1], told=f"most frequent label: {floors[-1][1]:.3f}")
    best = story.best(course)
    chosen = None
    if best is not None and best.get(score) is not None:
        point = (float(best["step"]), float(best[score]))
        chosen = Best(point=point, told=f"{point[1]:.3f} at step {point[0]:g}")
    title = f"{name} on the held-back part"
    svg = curves(
        title,
        [Curve(name, points, "line0", dots=True)],
        Frame(steps=steps),
        level=level if floors else None,
        best=chosen,
    )
    by = "" if story.metric(course) == score else f", chosen by {NAMES[story.metric(course)]}"
    return Plot(f"{name}; the best is marked{by}", svg)


def _held_loss(story: Story, course: Course, steps: float) -> Plot | None:
    points = _points(course.developments, "loss")
    if not points:
        return None
    best = story.best(course) if story.metric(course) == "loss" else None
    chosen = None
    if best is not None:
        point = (float(best["step"]), float(best["loss"]))
        chosen = Best(point=point, told=f"{point[1]:.3f} at step {point[0]:g}")
    title = "of answers in the stage's own tasks"
    svg = curves(
        title, [Curve("loss", points, "line0", dots=True)], Frame(steps=steps), best=chosen
    )
    return Plot(title, svg)


def _developments(course: Course) -> Table | None:
    names = ("step", *NAMES, "clips")
    rows = tuple(
        tuple(number(one[name]) if one.get(name) is not None else "–" for name in names)
        for one in course.developments
    )
    if not rows:
        return None
    return Table(tuple(NAMES.get(name, name) for name in names), rows, "As a table", drawn=True)


def _rates(course: Course, steps: float) -> Plot | None:
    groups = dict.fromkeys(name for record in course.steps for name in record.get("rates", {}))
    drawn = [
        Curve(name, points, f"line{place}")
        for place, name in enumerate(list(groups)[:_LINES])
        if (points := _points(course.steps, name, lambda record: record.get("rates", {})))
    ]
    if not drawn:
        return None
    title = "of each group"
    if len({tuple(curve.points) for curve in drawn}) == 1:  # they would hide each other
        drawn = [Curve("all groups", drawn[0].points, "line0")]
        title = "of all groups"
    return Plot(title, curves(title, drawn, Frame(steps=steps)))


def _speed(course: Course, steps: float) -> Plot | None:
    # From zero, so that a change is as large as it looks.
    return _noisy("samples per second", _points(course.steps, "samples_per_s"), steps, (0.0,))


def _norm(course: Course, steps: float) -> Plot | None:
    return _noisy("before any clipping", _points(course.steps, "grad_norm"), steps)


def _rewards(course: Course, steps: float) -> Plot | None:
    names = dict.fromkeys(
        name for record in course.steps for name in record if name.startswith("rewards/")
    )
    drawn = [
        Curve(name.removeprefix("rewards/"), points, f"line{place}")
        for place, name in enumerate(list(names)[:_LINES])
        if (points := _points(course.steps, name))
    ]
    title = "of the answers, each kind by itself"
    return Plot(title, curves(title, drawn, Frame(steps=steps))) if drawn else None


def _noisy(
    title: str, raw: Sequence[Point], steps: float, shown: tuple[float, ...] = ()
) -> Plot | None:
    """A smoothed curve over its values, the few greatest of which do not press all others flat."""
    if not raw:
        return None
    ceiling, above = _ceiling([*shown, *(y for _, y in raw)])
    over = len(raw) // _SMOOTH
    drawn = [Curve(title, raw, "line0", dots=True)]
    if over > 1:
        calm = smooth([(x, min(y, ceiling)) for x, y in raw], over)
        drawn = [Curve("as logged", raw, "raw"), Curve("smoothed", calm, "line0")]
    legend = f"· {above} greater values are drawn at the edge" if above else ""
    frame = Frame(steps=steps, ceiling=ceiling, shown=shown)
    return Plot(title, curves(title, drawn, frame), legend)


def _ceiling(values: Sequence[float]) -> tuple[float, int]:
    """Where a plot ends, and how many values lie above: none, or a few that lie far above."""
    ordered = sorted(values)
    high = ordered[-1 - int(_OUTLIERS * len(ordered))]
    if ordered[-1] - ordered[0] <= _FAR * (high - ordered[0]):
        return ordered[-1], 0
    top = scale([ordered[0], high])[1]
    return top, sum(value > top for value in ordered)


def _points(
    records: Sequence[Record], name: str, of: Callable[[Record], Record] = lambda record: record
) -> list[Point]:
    """A number by step, where it was one."""
    return [
        (float(record["step"]), float(value))
        for record in records
        if (value := of(record).get(name)) is not None
    ]
