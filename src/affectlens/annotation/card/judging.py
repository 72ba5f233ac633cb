"""How far labels agree: people's with the analysis', and reviewers' with each other."""

from collections import Counter
from collections.abc import Iterator

from affectlens.annotation.card.block import Block, Plot, Table, Text
from affectlens.annotation.card.facts import Facts
from affectlens.annotation.card.summary import Summary
from affectlens.annotation.review.agreement import agreement
from affectlens.evaluation.report import confusion
from affectlens.evaluation.statistics.nominal import LabelAgreement, Number, of_labels
from affectlens.foundation.missing import Missing


def agreement_of_labels(found: Summary) -> Iterator[Block]:
    """The label that people gave beforehand against the one that the analysis reads."""
    told = of_labels([given for given, _ in found.pairs], [read for _, read in found.pairs])
    if not told.n:
        yield Text(
            "Nobody gave labels beforehand that the analysis could be compared with, so how often "
            "it is right on these clips is not known."
        )
        return
    yield Text(
        f"Of {told.n:,} clips with a label by people and one by the analysis, {_told(told)}."
        + (f" {told.left_out:,} others lack one of both." if told.left_out else "")
    )
    pairs = Counter((a, b) for a, b in found.pairs if isinstance(a, str) and isinstance(b, str))
    labels = sorted({a for a, _ in pairs})
    answers = sorted({b for _, b in pairs} | set(labels))
    counts = [[pairs[label, answer] for answer in answers] for label in labels]
    details = {"labels": labels, "answers": answers, "counts": counts}
    title = "Labels that people gave, and what the analysis reads"
    yield Plot(title, confusion.plot(details), wide=True)
    rows = tuple((label, *map(str, counted)) for label, counted in zip(labels, counts, strict=True))
    yield Table(("given \\ read", *answers), rows, "As a table", drawn=True)


def agreement_of_reviewers(found: Summary, facts: Facts) -> Iterator[Block]:
    """What people who looked through the data set say."""
    if not facts.decisions:
        yield Text(
            "Nobody has reviewed it yet. The command affectlens review opens a page for that."
        )
        return
    said = agreement(facts.decisions, found.seen)
    yield Text(
        f"Reviewers decided about {said.items:,} clips; {said.shared:,} have labels of several. "
        f"Krippendorff's alpha of their labels: {_number(said.alpha)}."
    )
    # A card is for everybody; the names, often of accounts, stay in the log of decisions.
    shown = {one.name: f"reviewer {number}" for number, one in enumerate(said.reviewers, 1)}
    rows = [
        (
            shown[one.name],
            f"{one.accepted:,}",
            f"{one.relabelled:,}",
            f"{one.edited:,}",
            f"{one.rejected:,}",
            _number(one.rating, f" ({one.rated:,})"),
            _number(one.own.kappa),
        )
        for one in said.reviewers
    ]
    heads = ("reviewer", "accepted", "relabelled", "edited", "taken out", "rating 0–5", "kappa")
    yield Table(heads, tuple(rows), "Reviewers, and their agreement with the data set's labels")
    pairs = [
        (
            f"{shown[pair.one]} and {shown[pair.other]}",
            f"{pair.agreement.n:,}",
            _number(pair.agreement.kappa),
        )
        for pair in said.pairs
    ]
    if pairs:
        yield Table(("reviewers", "clips", "Cohen's kappa"), tuple(pairs))


def _told(told: LabelAgreement) -> str:
    same = told.identical if isinstance(told.identical, Missing) else f"{told.identical:.0%}"
    return f"{same} have the same one; Cohen's kappa is {_number(told.kappa)}"


def _number(value: Number, more: str = "") -> str:
    return f"not known ({value})" if isinstance(value, Missing) else f"{value:.2f}{more}"
