"""The published AU sets against people's votes on faces: do a face's action units bear them out?

    python -m benchmarks.au_sets ../shared/data/ferplus/valid.parquet [--most 500] [--work FOLDER]

Faces of FER+, evenly by emotion as far as there are any, become pictures on the disk and go the way
of any item through perception and the peak step. For both published tables and three thresholds:
the vote of the sets against that of people, and how often the filter passes the right label and one
drawn at random (the mean over all labels that the table can check). Intervals are percentiles of
the bootstrap over faces. Needs pyarrow.
"""

# N faces, R resamples, K the two counts of a face

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from benchmarks.action_units import VOTES, faces, on_grey
from rich.console import Console
from rich.progress import track
from rich.table import Table

from affectlens.annotation.annotation import Peak
from affectlens.annotation.draft import Draft
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe, Units
from affectlens.annotation.steps.peaked import peaked
from affectlens.annotation.steps.seen import seen
from affectlens.annotation.steps.units import agrees, vote
from affectlens.annotation.work import Work
from affectlens.evaluation.metric import Floats
from affectlens.evaluation.statistics import bootstrap
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.foundation.missing import Missing

LABELS = tuple(VOTES.values())
TABLES = "merr", "mer_factory"
LEVELS = 0.36, 0.5, 0.8  # the paper's example, a third-party port, MER-Factory
DRAWS = Draws(resamples=2000)

Seen = tuple[str, Peak]  # what people voted, and what was measured


def items(parquet: Path, folder: Path, most: int, votes: int) -> Iterator[Item]:
    """Pictures with their labels: one of each emotion after the other, as long as there are any."""
    rounds: Counter[str] = Counter()
    numbered = []
    for emotion, grey_HW in faces(parquet, None, votes):
        numbered.append((rounds[emotion], emotion, grey_HW))
        rounds[emotion] += 1
    numbered.sort(key=lambda one: one[0])
    for number, emotion, grey_HW in numbered[:most]:
        path = folder / f"{emotion}-{number:04}.png"
        cv2.imwrite(str(path), on_grey(grey_HW))
        yield Item(id=path.stem, path=path, label=emotion)


def look(item: Item, recipe: Recipe, work: Path) -> Seen | None:
    """The peak of a picture's face; None where no face was found."""
    draft = Draft(item=item, seen=seen(item, recipe, Work(work, item.id)))
    peak = peaked(draft, recipe).peak
    return None if isinstance(peak, Missing) else (str(item.label), peak)


def confusion(found: Sequence[Seen], units: Units) -> Table:
    """Rows: people's votes; columns: the vote of the sets, no set being neutral's."""
    read = [(label, vote(peak, units, LABELS) or "neutral") for label, peak in found]
    right = float(np.mean([label == said for label, said in read]))
    recalls = []
    table = Table(title=f"{units.table}: present and mean from {units.present}")
    for column in ("votes", *LABELS, "recall"):
        table.add_column(column)
    for label in LABELS:
        row = [said for one, said in read if one == label]
        recalls.append(row.count(label) / len(row) if row else float("nan"))
        table.add_row(label, *(str(row.count(one)) for one in LABELS), f"{recalls[-1]:.2f}")
    open_ = float(np.mean([label == (vote(peak, units) or "neutral") for label, peak in found]))
    table.caption = (
        f"accuracy {right:.3f}, UAR {np.nanmean(recalls):.3f} (chance {1 / len(LABELS):.3f}), "
        f"n {len(found)}; accuracy {open_:.3f} where the table's other emotions may be voted, too"
    )
    return table


def passes(found: Sequence[Seen], units: Units) -> list[str]:
    """The filter's pass rates for the right label and for one drawn at random, and their lift."""
    counts = []
    for label, peak in found:
        checks = {one: agrees(peak, one, units) for one in LABELS}
        known = {one: c.passed for one, c in checks.items() if not isinstance(c.score, Missing)}
        if label in known:
            counts.append((float(known[label]), sum(known.values()) / len(known)))
    counts_NK = np.array(counts)
    return [
        *(f"{counts_NK[:, k].mean():.3f}" for k in (0, 1)),
        with_interval(counts_NK, lambda rates: rates[..., 0] - rates[..., 1]),
        with_interval(counts_NK, lambda rates: rates[..., 0] / rates[..., 1]),
        str(len(counts)),
    ]


def with_interval(counts_NK: Floats, finish: Callable[[Floats], Floats]) -> str:
    """A number of mean counts and its 95 % interval."""
    size = len(counts_NK)
    found = bootstrap.distributions(counts_NK, lambda sums: {"": finish(sums / size)}, DRAWS)[""]
    about = bootstrap.spread(found)
    return f"{finish(counts_NK.mean(0)):.3f} [{about.low:.3f}, {about.high:.3f}]"


def filter_table(found: Sequence[Seen]) -> Table:
    """All tables and thresholds."""
    table = Table(title="How often the filter passes a label")
    for column in ("table", "from", "right", "random", "difference", "lift", "faces"):
        table.add_column(column)
    for name in TABLES:
        for level in LEVELS:
            units = Units(table=name, present=level, mean=level)
            table.add_row(name, str(level), *passes(found, units))
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--most", type=int, default=500, help="faces in all")
    parser.add_argument("--votes", type=int, default=6, help="of ten, that must agree")
    parser.add_argument("--work", type=Path, help="a folder that keeps what was measured")
    given = parser.parse_args()
    console = Console(width=150)
    with tempfile.TemporaryDirectory() as folder:
        todo = list(items(given.parquet, Path(folder), given.most, given.votes))
        work = given.work or Path(folder) / "work"
        seen_ = [look(item, Recipe(), work) for item in track(todo, console=console)]
    found = [one for one in seen_ if one is not None]
    console.print(f"{len(todo)} faces, {len(found) / len(todo):.1%} found")
    for name in TABLES:
        for level in LEVELS:
            console.print(confusion(found, Units(table=name, present=level, mean=level)))
    console.print(filter_table(found))


if __name__ == "__main__":
    main()
