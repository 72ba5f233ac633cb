"""The drawings of a data card, from what was counted."""

from collections.abc import Callable, Iterator, Mapping
from statistics import fmean, median

from affectlens.annotation.card import plots
from affectlens.annotation.card.block import Block, Plot, Table, Text
from affectlens.annotation.card.plots import Bar
from affectlens.annotation.card.summary import Part, Summary
from affectlens.annotation.splits import NAMES

_BARS, _WORDS = 12, 40  # of open-vocabulary labels
_SCORES = [step / 20 for step in range(21)]


def balance(found: Summary) -> Plot:
    """Clips of each label, before and after."""
    order = sorted(found.before, key=lambda label: (-found.before[label], label))
    rows = [
        Bar(
            label,
            found.after[label],
            f"{found.after[label]:,} of {found.before[label]:,}",
            behind=found.before[label],
        )
        for label in order
    ]
    title = "Kept clips of each label; paler: all that were annotated"
    return Plot(title, plots.bars(rows, title))


def durations(found: Summary, told: Callable[[float], str]) -> Iterator[Block]:
    """How long clips are, and how many of what length."""
    lengths = found.lengths_s
    if not lengths:
        return
    yield Text(
        f"{told(sum(lengths))} in all; the shortest {told(min(lengths))}, median "
        f"{told(median(lengths))}, the longest {told(max(lengths))}."
    )
    if len(lengths) > 1:
        edges = plots.even_edges(lengths)
        title = "Durations of the clips"
        yield Plot(title, plots.histogram({"kept": lengths}, edges, "seconds", title))


def vocabulary(found: Summary) -> Iterator[Block]:
    """The open-vocabulary labels that are most frequent."""
    if not found.words:
        return
    yield Text(f"Different ones: {len(found.words):,}. Clips that have any: {found.worded:,}.")
    top = sorted(found.words, key=lambda word: (-found.words[word], word))
    rows = [Bar(word, found.words[word], f"{found.words[word]:,}") for word in top[:_BARS]]
    title = "The most frequent"
    yield Plot(title, plots.bars(rows, title))
    told = tuple((word, f"{found.words[word]:,}") for word in top[:_WORDS])
    yield Table(("label", "clips"), told, f"The first {len(told)}", drawn=True)


def scores(found: Summary) -> Iterator[Block]:
    """How well annotations stood up to the checks."""
    groups = {"kept": found.scores, "rejected": found.rejected_scores}
    if not any(groups.values()):
        return
    if found.scores:
        yield Text(f"Mean score of the clips that were kept: {fmean(found.scores):.2f}.")
    title = "Scores of annotations, the mean of their checks"
    legend = "Orange: rejected." if found.rejected_scores else ""
    yield Plot(title, plots.histogram(groups, _SCORES, "score", title), legend)


def rejections(reasons: Mapping[str, int]) -> Plot:
    """What spoke against clips."""
    order = sorted(reasons, key=lambda name: (-reasons[name], name))
    title = "Clips that were left out, by what spoke against them first"
    return Plot(
        title, plots.bars([Bar(name, reasons[name], f"{reasons[name]:,}") for name in order], title)
    )


def units(found: Summary) -> Iterator[Block]:
    """Mean intensity of action units at the peak frame, by label."""
    columns = sorted({unit for some in found.units.values() for unit in some})
    if not columns:
        return
    labels = sorted(found.units, key=lambda label: (-found.after[label], label))
    means = {
        (label, unit): total / times
        for label in labels
        for unit, (total, times) in found.units[label].items()
    }
    title = "Mean intensity (0–5) of action units at the peak frame, by label"
    yield Plot(title, plots.heat(labels, columns, means, title), wide=True)
    rows = tuple(
        (label, ", ".join(f"{unit} {value:.1f}" for unit, value in _strongest(means, label)))
        for label in labels
    )
    yield Table(("label", "strongest action units"), rows, "The strongest of each", drawn=True)


def splits(found: Summary) -> Plot:
    """Clips of each split."""
    rows = []
    for name, part in in_order(found.parts).items():
        clips = part.labels.total()
        rows.append(Bar(name, clips, f"{clips:,} ({clips / found.kept:.1%})"))
    return Plot("Clips of each split", plots.bars(rows, "Clips of each split"))


def in_order(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Train, dev and test first, others by name."""
    first = [name for name in NAMES if name in parts]
    return {name: parts[name] for name in [*first, *sorted(parts.keys() - set(NAMES))]}


def _strongest(means: Mapping[tuple[str, str], float], label: str) -> list[tuple[str, float]]:
    mine = [(unit, value) for (name, unit), value in means.items() if name == label]
    return sorted(mine, key=lambda one: (-one[1], one[0]))[:5]
