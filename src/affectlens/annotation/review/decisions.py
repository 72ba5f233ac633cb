"""`Decision`: what one reviewer said of one clip; all of them stand in a log that only grows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.work import key_of
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.records import Ledger

SCHEMA = "affectlens.review/1"
FILE = "reviews.jsonl"  # in the folder of the data set
STEP = "review"  # as `Made.step`

Action = Literal["accept", "edit", "relabel", "reject", "skip", "undo"]
KEEP: frozenset[Action] = frozenset({"accept", "edit", "relabel"})

# What a reviewer judges: a decision about other words, or another label, is no longer about this.
# Why it is rejected stands in the decision: that depends on the other clips, too.
_JUDGED = ("label", "labels", "face", "objective", "tone", "subtitle", "coarse", "fine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the log. `label`, `labels` and `text` are what the reviewer stands for."""

    id: str  # of the annotation
    reviewer: str
    action: Action  # "undo" takes back the reviewer's last decision about this clip
    seen: str  # `seen` of the annotation that was judged
    was: str | None  # the label that the data set had
    against: tuple[str, ...] = ()  # why it was rejected: what is kept all the same, comes back
    label: str | None = None  # None: of a clip without a label, or nothing is said about it
    labels: tuple[str, ...] | None = None  # open-vocabulary; None: left as they are
    text: str | None = None  # the fine description; None: left as it is
    note: str = ""
    rating: int | None = None  # 0–5: how well the description fits, the paper's human check
    time: str  # ISO 8601, UTC


def seen(annotation: Annotation) -> str:
    """SHA-256 in hex of what a reviewer judges of an annotation, before any review of it."""
    return seen_of_line(
        {name: encode(getattr(annotation, name)) for name in (*_JUDGED, "source", "provenance")}
    )


def seen_of_line(line: Mapping[str, Any]) -> str:
    """The same of the annotation's JSON object.

    Raises:
        KeyError: it is no annotation.
    """
    reviewed = [made["key"] for made in line["provenance"].values() if made["step"] == STEP]
    if reviewed:  # a review is no new annotation: what was decided before still stands
        return str(reviewed[0])
    return key_of([line[name] for name in _JUDGED], line["source"]["sha256"])


def log(root: Path) -> Ledger:
    """The log of a data set."""
    return Ledger(root / FILE, SCHEMA)


def append(root: Path, decision: Decision) -> None:
    """Put a decision on the disk; it is there when this returns."""
    log(root).append(encode(decision))


def read(root: Path) -> list[Decision]:
    """Every decision in the order of the log; none where nobody has reviewed yet.

    Raises:
        InputError: a line is no decision; tells which.
    """
    return [of_line(line, root, n) for n, line in enumerate(log(root).read(), start=1)]


def of_line(line: Mapping[str, Any], root: Path, number: int) -> Decision:
    """The decision that a line of the log holds.

    Raises:
        InputError: it is none.
    """
    rest = {name: value for name, value in line.items() if name != "schema"}
    return decode(Decision, rest, f"decision in {root / FILE}, line {number},")


@dataclass(frozen=True, slots=True)
class Opinion:
    """The decision of a reviewer that stands, and where in the log its words were written."""

    decision: Decision
    edited: int  # the place of the edit that its text comes from; of no text -1


@dataclass(slots=True)
class Book:
    """Decisions by clip and reviewer, those taken back gone."""

    _made: dict[str, dict[str, list[tuple[int, Decision]]]] = field(default_factory=dict)
    _trail: dict[str, list[str]] = field(default_factory=dict)  # ids by reviewer, as decided
    size: int = 0  # decisions that were added, those that take back others too

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> "Book":
        """A book of decisions in the order of the log."""
        book = cls()
        for decision in decisions:
            book.add(decision)
        return book

    def add(self, decision: Decision) -> None:
        """Note the next decision of the log."""
        pile = self._made.setdefault(decision.id, {}).setdefault(decision.reviewer, [])
        trail = self._trail.setdefault(decision.reviewer, [])
        if decision.action != "undo":
            pile.append((self.size, decision))
            trail.append(decision.id)
        elif pile:
            pile.pop()
            last = len(trail) - 1 - trail[::-1].index(decision.id)
            del trail[last]
        self.size += 1

    def ids(self) -> list[str]:
        """Clips about which something was decided, in the order of the log."""
        return list(self._made)

    def opinions(self, annotation_id: str) -> dict[str, Opinion]:
        """What stands about a clip, by reviewer in the order of their names."""
        made = self._made.get(annotation_id, {})
        return {name: _opinion(made[name]) for name in sorted(made) if made[name]}

    def last(self, reviewer: str) -> str | None:
        """The clip that a reviewer decided about last."""
        trail = self._trail.get(reviewer)
        return trail[-1] if trail else None


def _opinion(pile: list[tuple[int, Decision]]) -> Opinion:
    decision = pile[-1][1]
    words = decision.text, decision.labels
    edits = [
        place for place, one in pile if one.action == "edit" and (one.text, one.labels) == words
    ]
    return Opinion(decision, -1 if words == (None, None) else edits[-1] if edits else pile[-1][0])
