"""The sections of a data card."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.card import figures, wording
from affectlens.annotation.card.block import (
    Block,
    Example,
    Points,
    Section,
    Table,
    Text,
    Warn,
)
from affectlens.annotation.card.facts import Facts
from affectlens.annotation.card.judging import agreement_of_labels, agreement_of_reviewers
from affectlens.annotation.card.summary import DESCRIBED, Summary
from affectlens.annotation.format import About
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.twins import leaks
from affectlens.foundation.missing import Missing

_SHOWN, _LONGEST = 10, 700
_FILTERS = {
    "read": "rejects labels that the analysis read",
    "all": "rejects labels of people, too",
    "none": "rejects none",
}


def sections(found: Summary, about: About, recipe: Recipe, facts: Facts) -> list[Section]:
    """What it holds, how it was made, how far to trust it, and what it must not be used for."""
    made = [
        Section("What it is", tuple(_what(found, facts)), half=True),
        Section("Durations", tuple(figures.durations(found, length)), half=True),
        Section("Labels", tuple(_labels(found)), half=True),
        Section("Open-vocabulary labels", tuple(figures.vocabulary(found)), half=True),
        Section("Examples", tuple(_examples(found))),
        Section("What was left out", tuple(_left_out(found, facts)), half=True),
        Section("Checks", tuple(_checks(found)), half=True),
        Section("Agreement", (*agreement_of_labels(found), *agreement_of_reviewers(found, facts))),
        Section("Action units", tuple(figures.units(found))),
        Section("Splits", tuple(_splits(found, facts))),
        Section("How it was made", tuple(_made(found, about, recipe))),
        Section("Licences and terms", tuple(_terms(found, about))),
        Section("Known limits", (Points(wording.LIMITS),), half=True),
        Section("What it must not be used for", (Points(wording.MISUSE),), half=True),
    ]
    return [section for section in made if section.blocks]


def length(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _what(found: Summary, facts: Facts) -> Iterator[Block]:
    yield Text(wording.WHAT)
    whole = found.kept + found.rejected + facts.failed
    yield Text(
        f"{found.kept:,} of {whole:,} clips are in the data set; {found.rejected:,} were rejected, "
        f"{facts.failed:,} failed."
    )
    yield Table(("media", "clips"), _rows(found.media))
    corpora = {name or "own files": times for name, times in found.corpora.items()}
    if set(corpora) != {"own files"}:
        yield Table(("from", "clips"), _rows(corpora))


def _labels(found: Summary) -> Iterator[Block]:
    if not found.before:
        return
    yield figures.balance(found)
    rows = [
        (label, f"{found.before[label]:,}", f"{found.after[label]:,}", _share(found, label))
        for label, _ in _by_count(found.before)
    ]
    heads = ("label", "annotated", "kept", "share of kept")
    yield Table(heads, tuple(rows), "Before and after", drawn=True)


def _share(found: Summary, label: str) -> str:
    return f"{found.after[label] / found.kept:.0%}" if found.kept else "–"


def _examples(found: Summary) -> Iterator[Block]:
    for one in found.examples():
        told = ("face", one.face), ("picture", one.objective), ("voice", one.tone)
        parts = [*told, ("words", one.subtitle)]
        yield Example(
            id=one.id,
            label=one.label if isinstance(one.label, str) else str(one.label),
            facts=_facts(one),
            parts=tuple((name, _cut(text)) for name, text in parts if isinstance(text, str)),
            text=_cut(one.fine if isinstance(one.fine, str) else str(one.fine)),
        )


def _facts(one: Annotation) -> str:
    source, still = one.source, one.source.duration_s == 0
    told = [
        "" if isinstance(source.duration_s, Missing) or still else length(source.duration_s),
        "" if isinstance(one.peak, Missing) or still else f"peak at {one.peak.time_s:.2f} s",
        "" if isinstance(one.score, Missing) else f"score {one.score:.2f}",
        "" if isinstance(one.split, Missing) else one.split,
    ]
    return " · ".join(text for text in told if text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _made(found: Summary, about: About, recipe: Recipe) -> Iterator[Block]:
    yield Text(
        "Emotion-LLaMA's way of making MERR (arXiv 2406.11161, Algorithm 1), with Affectlens: "
        "percepts, peak frame, face, picture, voice, words, coarse caption, fine description, "
        "checks, label. What each field rests on stands in its provenance."
    )
    rows = [
        (wording.NAMES[name], by, f"{times:,}")
        for name in DESCRIBED
        for by, times in _by_count(found.makers.get(name, Counter()))
    ]
    if rows:
        yield Table(("field", "made by", "clips"), tuple(rows), "Describers")
    yield Table(("setting", "value"), tuple(_settings(about, recipe)), "Recipe")


def _settings(about: About, recipe: Recipe) -> Iterator[tuple[str, str]]:
    units, twins, splits = recipe.units, recipe.twins, recipe.splits
    yield "recipe (SHA-256)", about.recipe_sha256
    yield "analysis", f"{recipe.analysis.model}; labels {recipe.analysis.reasoning.label_space}"
    yield "label", recipe.label
    yield "prompts", recipe.prompts.replace("\\", "/").rpartition("/")[2]
    yield (
        "action units",
        f"table {units.table}; present from {units.present:g} of 5; a set is borne out by "
        f"{units.share:.0%} of its units and a mean of {units.mean:g}; "
        f"{_FILTERS[units.filter]}",
    )
    yield "checks required", ", ".join(recipe.checks.required) or "none"
    yield (
        "near-duplicates",
        f"pictures within {twins.pictures} of 64 bits in most moments, sounds within "
        f"{twins.sound:.0%} of their bits"
        if twins.find
        else "the same bytes only",
    )
    yield (
        "splits",
        f"train {splits.train:g}, dev {splits.dev:g}, test {splits.test:g}, by "
        f"{', '.join(splits.by) or 'clip'}, seed {splits.seed}",
    )


def _left_out(found: Summary, facts: Facts) -> Iterator[Block]:
    if not found.rejected and not facts.failed:
        yield Text("Nothing: every file is in the data set.")
        return
    rows = {**found.reasons, **({"failed": facts.failed} if facts.failed else {})}
    yield figures.rejections(rows)
    yield Table(("why", "clips"), _rows(rows), drawn=True)
    yield Text(
        "Each rejected clip stands in rejected.jsonl with its reasons, each that failed in "
        "failures.jsonl with its error. A clip that several checks spoke against counts for the "
        "first."
    )


def _checks(found: Summary) -> Iterator[Block]:
    rows = [
        (
            name,
            f"{tried.passed:,}",
            f"{tried.failed:,}",
            f"{tried.unchecked:,}",
            _mean(tried.total, tried.passed + tried.failed),
        )
        for name, tried in sorted(found.checks.items())
    ]
    if rows:
        heads = ("check", "passed", "failed", "nothing to check", "mean score")
        yield Table(heads, tuple(rows), "Checks, over all that were annotated")
    yield from figures.scores(found)


def _mean(total: float, times: int) -> str:
    return f"{total / times:.2f}" if times else "–"


def _splits(found: Summary, facts: Facts) -> Iterator[Block]:
    if not found.parts:
        return
    yield figures.splits(found)
    order = figures.in_order(found.parts)
    rows = [
        (
            name,
            f"{part.labels.total():,}",
            length(part.length_s),
            f"{len(part.speakers):,}" if part.speakers else "not told",
            f"{len(part.sources):,}" if part.sources else "not told",
        )
        for name, part in order.items()
    ]
    yield Table(("split", "clips", "length", "speakers", "sources"), tuple(rows))
    labels = [label for label, _ in _by_count(found.after)]
    cells = tuple(
        (label, *(f"{part.labels[label]:,}" for part in order.values())) for label in labels
    )
    yield Table(("label", *order), cells, "Labels of each split", drawn=True)
    yield Text(
        f"Left out as near-duplicates of better clips: {found.reasons['twin']:,}. Clips of one "
        "speaker or source, and near-duplicates, are in one split, but where people gave splits."
    )
    if facts.twins:
        pairs = [f"{pair.first} = {pair.second}" for pair in facts.twins]
        yield Warn(f"Near-duplicates that are both in it, for their labels differ: {_some(pairs)}.")
    for leak in leaks(found.light, facts.twins):
        both, what = " and ".join(leak.between), wording.LEAKS[leak.kind]
        yield Warn(f"Leak: {both} share {what}: {_some(leak.items)}.")
    if facts.notes:
        yield Points(facts.notes)


def _terms(found: Summary, about: About) -> Iterator[Block]:
    told = {name or "not told": times for name, times in found.licences.items()}
    if told:
        yield Table(("licence of the clips", "clips"), _rows(told))
    if about.licence:
        yield Text(f"Where nobody said the licence of a clip: {about.licence}.")
    elif found.licences[""]:
        yield Warn(wording.UNLICENSED.format(n=f"{found.licences['']:,}"))
    yield Text(wording.TERMS)


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _rows(counts: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{times:,}") for name, times in _by_count(counts))


def _some(items: Sequence[str]) -> str:
    more = f" … ({len(items):,} in all)" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
