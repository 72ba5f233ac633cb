"""`ReviewAgreement`: how far the reviewers of a data set say the same, and the same as it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from affectlens.annotation.review.decisions import KEEP, Book, Decision
from affectlens.evaluation.statistics.nominal import (
    LabelAgreement,
    Number,
    alpha_of_labels,
    of_labels,
)
from affectlens.foundation.missing import Missing

_UNRATED = Missing("gave no rating")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """What one person did, counted over the decisions that stand."""

    name: str
    accepted: int  # nothing changed
    relabelled: int
    edited: int  # may be relabelled as well
    rejected: int
    skipped: int
    rated: int
    rating: Number  # mean of 0–5
    own: LabelAgreement  # with the labels that the data set had


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviewers."""

    one: str
    other: str
    agreement: LabelAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAgreement:
    """Of all reviewers of a data set; what one skipped or took out has no label of theirs."""

    items: int  # clips about which a decision stands
    shared: int  # clips with labels of two or more reviewers
    stale: int  # decisions left out because the annotation changed since
    reviewers: tuple[Reviewer, ...]
    pairs: tuple[Pair, ...]
    alpha: Number  # Krippendorff's, nominal scale, of all reviewers


def agreement(decisions: Iterable[Decision], seen_now: Mapping[str, str]) -> ReviewAgreement:
    """Agreement over the decisions that are about what is in the data set now.

    `seen_now` has by the id of each annotation its `decisions.seen`.
    """
    book = Book.of(decisions)
    told = {id_: [one.decision for one in book.opinions(id_).values()] for id_ in book.ids()}
    fresh = {
        id_: {one.reviewer: one for one in made if one.seen == seen_now.get(id_)}
        for id_, made in told.items()
    }
    by_item = {id_: made for id_, made in fresh.items() if made}
    labels = [{name: _label(one) for name, one in made.items()} for made in by_item.values()]
    names = sorted({name for made in by_item.values() for name in made})
    return ReviewAgreement(
        items=len(by_item),
        shared=sum(sum(label is not None for label in row.values()) > 1 for row in labels),
        stale=sum(map(len, told.values())) - sum(map(len, by_item.values())),
        reviewers=tuple(
            _reviewer(name, [made[name] for made in by_item.values() if name in made])
            for name in names
        ),
        pairs=tuple(
            Pair(
                one,
                other,
                of_labels([row.get(one) for row in labels], [row.get(other) for row in labels]),
            )
            for one, other in combinations(names, 2)
        ),
        alpha=alpha_of_labels([list(row.values()) for row in labels]),
    )


def _label(decision: Decision) -> str | None:
    return decision.label if decision.action in KEEP else None


def _reviewer(name: str, made: list[Decision]) -> Reviewer:
    kept = [one for one in made if one.action in KEEP]
    relabelled = [one for one in kept if one.label != one.was]
    edited = [one for one in kept if one.text is not None or one.labels is not None]
    changed = {one.id for one in [*relabelled, *edited]}
    ratings = [one.rating for one in made if one.rating is not None]
    return Reviewer(
        name=name,
        accepted=len(kept) - len(changed),
        relabelled=len(relabelled),
        edited=len(edited),
        rejected=sum(one.action == "reject" for one in made),
        skipped=sum(one.action == "skip" for one in made),
        rated=len(ratings),
        rating=sum(ratings) / len(ratings) if ratings else _UNRATED,
        own=of_labels([_label(one) for one in made], [one.was for one in made]),
    )
