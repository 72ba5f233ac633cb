"""What a data set says after review."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from affectlens.annotation.annotation import Annotation, Check, Made
from affectlens.annotation.review.decisions import KEEP, STEP, Book, Decision, Opinion, seen
from affectlens.annotation.steps import labelled, units
from affectlens.annotation.steps.checked import score_of
from affectlens.evaluation.extract import labels_of
from affectlens.foundation.missing import Missing
from affectlens.reasoning.grounding import sentences

_OF_LABEL = (units.NAME, "label", "grounding")  # checks of what a label has to do with the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the reviewers of one annotation say together."""

    reviewers: int = 0  # who said anything about it as it is
    stale: int = 0  # decisions about what it was before it changed
    against: int = 0  # who took it out
    comes_back: bool = False  # it was rejected when it was looked at, and is kept all the same
    kept: bool | None = None  # None: nobody said, or as many for as against it
    label: str | None = None  # of more than half of those who want it kept
    label_by: int = 0  # reviewers who gave that label
    text: str | None = None  # of the newest edit by one who gave the label that it ends up with
    labels: tuple[str, ...] | None = None  # of the same
    unresolved: tuple[str, ...] = ()  # what reviewers do not agree on: "kept", "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a review did not settle; all ids, in order."""

    unresolved: tuple[str, ...]  # no majority: left as they were
    stale: tuple[str, ...]  # decided about before they changed: those decisions are not applied
    unknown: tuple[str, ...]  # decided about, and not in the data set


def settle(annotations: Iterable[Annotation], decisions: Iterable[Decision]) -> list[Annotation]:
    """The annotations, in their order, with what the majority of their reviewers decided.

    Those that were rejected may come back and others leave: see `rejected`. The same decisions
    give the same result, also when they are applied once more.
    """
    book = Book.of(decisions)
    return [settled(one, book) for one in annotations]


def settled(one: Annotation, book: Book) -> Annotation:
    """One annotation with what was decided about it; one that nothing was said of is itself."""
    said = judge(seen(one), book.opinions(one.id), _known(one.label))
    if said.kept is None:
        return one
    if not said.kept:
        reason = f"review: {said.against} of {said.reviewers} who reviewed it took it out"
        return _made(one, {"rejected": (reason,)}, {"rejected": said.against})
    changed: dict[str, Any] = {}
    by: dict[str, int] = {}
    back = said.comes_back and lacking(one, said.label, said.text) is None
    if back:  # also where nothing of its own speaks against it, but another clip does
        changed["rejected"], by["rejected"] = (), said.reviewers - said.against
    if said.label is not None:  # also where people agree with it: now it is their word
        changed["label"], by["label"] = said.label, said.label_by
    if (labels := _labels(one, said)) is not None:
        changed["labels"], by["labels"] = labels, said.label_by if said.labels is None else 1
    if said.text is not None:
        changed["fine"], by["fine"] = said.text, 1
    elif _concludes_another(one, said):
        why = f"it explained {one.label}, and the label was changed in a review"
        changed["fine"] = Missing(why)
    return _made(one, {**changed, **_no_longer_checked(one, said)}, by)


def lacking(one: Annotation, label: str | None, text: str | None) -> str | None:
    """What a rejected clip has too little of to be kept with this label and text; None: nothing."""
    why = {reason.partition(":")[0] for reason in one.rejected}
    if label is None and labelled.NO_LABEL in why:
        return "label"
    wordless = isinstance(one.fine, Missing) and isinstance(one.coarse, Missing)
    return "description" if text is None and wordless and labelled.NO_TEXT in why else None


def _known(label: str | Missing) -> str | None:
    return None if isinstance(label, Missing) else label


def _concludes_another(one: Annotation, said: Verdict) -> bool:
    """Whether the description explains a label that people changed."""
    if said.label in (None, one.label) or isinstance(one.fine, Missing):
        return False
    named = labels_of(one.fine)
    return isinstance(named, Missing) or said.label not in named


def _labels(one: Annotation, said: Verdict) -> tuple[str, ...] | None:
    """Open-vocabulary labels as somebody wrote them, or with another label among those we made."""
    made = one.provenance.get("labels")
    ours = made is not None and made.step == labelled.STEP and not isinstance(one.labels, Missing)
    if said.labels is not None or not ours or said.label in (None, one.label):
        return said.labels
    assert not isinstance(one.labels, Missing)
    assert said.label is not None
    return tuple(dict.fromkeys(said.label if word == one.label else word for word in one.labels))


def _no_longer_checked(one: Annotation, said: Verdict) -> dict[str, Any]:
    """Claims, checks and score without what they said of another text or label."""
    why: dict[str, str] = {}
    claims = one.claims
    if said.text is not None and said.text != one.fine:
        edited = "the description was edited in a review"
        why |= {check.name: edited for check in one.checks if check.name != units.NAME}
        claims = tuple(claim for claim in claims if claim.text in sentences(said.text))
    if said.label is not None and said.label != one.label:
        from_ = "" if isinstance(one.label, Missing) else f", from {one.label}"
        was = f"the label was changed in a review{from_}"
        why |= dict.fromkeys(_OF_LABEL, was)
        claims = tuple(claim for claim in claims if claim.clues)  # others hang on the label
        if said.text is None and _concludes_another(one, said):  # the text goes
            why |= {check.name: was for check in one.checks}
            claims = ()
    if not why:
        return {}
    checks = tuple(_unchecked(one, why.get(one.name)) for one in one.checks)
    return {"claims": claims, "checks": checks, "score": score_of(checks)}


def _unchecked(check: Check, why: str | None) -> Check:
    if why is None:
        return check
    return Check(name=check.name, passed=True, score=Missing(why), detail=f"Not checked: {why}.")


def came_back(one: Annotation) -> bool:
    """Whether people who saw why it was rejected want it in the data set all the same."""
    made = one.provenance.get("rejected")
    return made is not None and made.step == STEP and not one.rejected


def unsettled(annotations: Sequence[Annotation], decisions: Iterable[Decision]) -> Told:
    """What `settle` does not settle."""
    book = Book.of(decisions)
    verdicts = {one.id: judge(seen(one), book.opinions(one.id)) for one in annotations}
    return Told(
        unresolved=tuple(sorted(name for name, said in verdicts.items() if said.unresolved)),
        stale=tuple(sorted(name for name, said in verdicts.items() if said.stale)),
        unknown=tuple(sorted(name for name in book.ids() if name not in verdicts)),
    )


def judge(seen_now: str, opinions: Mapping[str, Opinion], had: str | None = None) -> Verdict:
    """What reviewers say of an annotation, by their opinions and by what it is now.

    Words count of those alone who gave the label that it ends up with: `had` is the one that it has
    where there is no majority. Others' words explain another label.
    """
    there = [one for one in opinions.values() if one.decision.seen == seen_now]
    stale = len(opinions) - len(there)
    said = [one for one in there if one.decision.action != "skip"]
    keepers = [one for one in said if one.decision.action in KEEP]
    against = len(said) - len(keepers)
    label, label_by, no_label = _majority([one.decision.label for one in keepers])
    no_place = bool(said) and len(keepers) == against
    ends_as = had if label is None else label
    writers = [one for one in keepers if one.decision.label in (None, ends_as)]
    return Verdict(
        reviewers=len(said),
        stale=stale,
        against=against,
        comes_back=any(one.decision.against for one in keepers),
        kept=None if not said or no_place else len(keepers) > against,
        label=label,
        label_by=label_by,
        text=_newest(writers, "text"),
        labels=_newest(writers, "labels"),
        unresolved=(*(["kept"] if no_place else []), *(["label"] if no_label else [])),
    )


def _majority(votes: Sequence[str | None]) -> tuple[str | None, int, bool]:
    """The label of more than half of the votes, how many gave it, and whether there is none."""
    given = Counter(vote for vote in votes if vote is not None)
    if not given:
        return None, 0, False
    label, times = given.most_common(1)[0]
    return (label, times, False) if 2 * times > given.total() else (None, 0, True)


def _newest(opinions: Sequence[Opinion], name: str) -> Any:
    """A field of the newest edit that has it."""
    edits = [one for one in opinions if getattr(one.decision, name) is not None]
    return getattr(max(edits, key=lambda one: one.edited).decision, name) if edits else None


def _made(one: Annotation, changed: dict[str, Any], by: dict[str, int]) -> Annotation:
    key = seen(one)
    made = {name: Made(step=STEP, by=f"review by {n}", key=key) for name, n in by.items()}
    return replace(one, provenance={**one.provenance, **made}, **changed)
