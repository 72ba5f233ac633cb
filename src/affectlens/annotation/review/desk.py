"""`Desk`: one reviewer's view of a data set, and the place where decisions are taken down."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.review.agreement import ReviewAgreement, agreement
from affectlens.annotation.review.decisions import (
    KEEP,
    STEP,
    Action,
    Book,
    Decision,
    Opinion,
    append,
    log,
    of_line,
    read,
)
from affectlens.annotation.review.settling import judge, lacking
from affectlens.annotation.review.shelf import Entry, Shelf, Stamp, stamp_of
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

LONGEST_TEXT = 20_000  # letters
MOST_LABELS = 32
_LONGEST_NAME = 80


class RefusedError(Exception):
    """A request that cannot be met, with the status to answer it by and a sentence for people."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A decision as the page sends it; label, labels and text are what the page showed."""

    id: str
    seen: str
    action: Action
    label: str | None
    labels: tuple[str, ...] | None
    text: str | None
    note: str
    rating: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """A clip with all that was decided about it."""

    place: int
    entry: Entry
    annotation: Annotation
    opinions: Mapping[str, Opinion]


class Desk:
    """May be used from any thread; others may review and annotate the same folder meanwhile."""

    def __init__(self, root: Path, reviewer: str, labels: tuple[str, ...] | None = None) -> None:
        """`labels` to choose from; None: those of the data set.

        Raises:
            InputError: there is no data set, it is damaged or empty, or the name is none.
        """
        name = reviewer.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InputError(
                f"A reviewer's name is 1 to {_LONGEST_NAME} letters, found {reviewer[:99]!r}."
            )
        self.root = root
        self.reviewer = name
        self.made = 0  # decisions taken down here
        self._labels = labels
        self._lock = threading.RLock()
        self._shelf = Shelf.of(root)
        if not self._shelf.entries:
            raise InputError(f"{root} has no clips to review, neither kept nor rejected.")
        self._book = Book.of(read(root))
        self._stamp: Stamp | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What a clip may be said to express."""
        return self._labels or self._shelf.labels(self.root)

    def overview(self) -> dict[str, Any]:
        """What the page shows around a clip: how many there are, and how far the reviewer is."""
        with self._lock:
            self._refresh()
            counts = {name: len(places) for name, places in self._listed().items()}
            last = self._book.last(self.reviewer)
            return {
                "name": self.root.resolve().name,
                "reviewer": self.reviewer,
                "labels": list(self.labels),
                "counts": counts,
                "reviewed": counts["all"] - counts["unreviewed"] - counts["skipped"],
                "last": None if last is None else self._shelf.places.get(last),
            }

    def places(self, name: str) -> list[int]:
        """The places of the clips that a filter lets through, in order.

        Raises:
            RefusedError: there is no such filter.
        """
        if name not in FILTERS:
            raise RefusedError(404, f"There is no filter {name!r}: {', '.join(FILTERS)}.")
        with self._lock:
            self._refresh()
            return self._listed()[name]

    def item(self, place: int) -> Item:
        """The clip at a place.

        Raises:
            RefusedError: there is none.
            InputError: its line is damaged.
        """
        with self._lock:
            self._refresh()
            if not 0 <= place < len(self._shelf.entries):
                raise RefusedError(404, f"There is no clip {place}.")
            entry = self._shelf.entries[place]
            return Item(place, entry, self._shelf.read(place), self._book.opinions(entry.id))

    def decide(self, data: object) -> Decision:
        """Take down a decision; it is on the disk when this returns.

        Raises:
            RefusedError: it is about no clip of the data set, about what has changed since, or odd.
            OSError: the disk does not take it.
        """
        try:
            asked = decode(Asked, data, "decision")
        except InputError as error:
            raise RefusedError(422, str(error)) from None
        with self._lock:
            self._refresh()
            place = self._shelf.places.get(asked.id)
            if place is None:
                raise RefusedError(404, f"The data set has no clip {asked.id[:80]!r}.")
            decision = self._decision(asked, self._shelf.read(place), self._shelf.entries[place])
            append(self.root, decision)
            self.made += 1
            return decision

    def agreement(self) -> ReviewAgreement:
        """How far all reviewers agree."""
        with self._lock:
            self._refresh()
            now = {entry.id: entry.seen for entry in self._shelf.entries}
            return agreement(read(self.root), now)

    def _decision(self, asked: Asked, annotation: Annotation, entry: Entry) -> Decision:
        if asked.seen != entry.seen:
            raise RefusedError(
                409, "The clip was annotated anew since it was opened. Load it again, then decide."
            )
        if asked.action == "undo" and self.reviewer not in self._book.opinions(entry.id):
            raise RefusedError(409, "There is nothing of yours to take back about this clip.")
        label = asked.label if asked.action in KEEP else None
        if label is not None and label not in (*self.labels, entry.label):
            raise RefusedError(422, f"{label[:80]!r} is no label of this data set.")
        words = asked.text if asked.action in KEEP else None
        if asked.action in KEEP and (what := lacking(annotation, label, words)) is not None:
            raise RefusedError(422, f"This clip has no {what}. Give it one, or take the clip out.")
        labels = asked.labels if asked.action in KEEP else None
        _check_words(words, labels, asked.note, asked.rating)
        return Decision(
            id=entry.id,
            reviewer=self.reviewer,
            action=asked.action,
            seen=entry.seen,
            was=entry.label,
            against=annotation.rejected,
            label=label,
            labels=None if _same(annotation, "labels", labels) else labels,
            text=None if _same(annotation, "fine", words) else words,
            note=asked.note.strip(),
            rating=asked.rating,
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    def _refresh(self) -> None:
        """Take in what others wrote since."""
        if not self._shelf.fresh(self.root):
            self._shelf = Shelf.of(self.root)
        ledger = log(self.root)
        stamp = stamp_of(ledger.path)
        if stamp == self._stamp:
            return
        if stamp is None or (self._stamp is not None and stamp[1] < self._stamp[1]):
            self._book = Book()  # somebody put another log in its place
        added = list(islice(ledger.read(), self._book.size, None))
        for number, line in enumerate(added, start=self._book.size + 1):
            self._book.add(of_line(line, self.root, number))
        self._stamp = stamp

    def _listed(self) -> dict[str, list[int]]:
        """The places that each filter lets through."""
        found: dict[str, list[int]] = {name: [] for name in FILTERS}
        for place, entry in enumerate(self._shelf.entries):
            opinions = self._book.opinions(entry.id)
            for name, chosen in FILTERS.items():
                if chosen(entry, opinions, self.reviewer):
                    found[name].append(place)
        return found


_Chosen = Callable[[Entry, Mapping[str, Opinion], str], bool]


def _mine(entry: Entry, opinions: Mapping[str, Opinion], reviewer: str) -> str | None:
    """What the reviewer did about a clip as it is now."""
    own = opinions.get(reviewer)
    return None if own is None or own.decision.seen != entry.seen else own.decision.action


def _disagreed(entry: Entry, opinions: Mapping[str, Opinion], reviewer: str) -> bool:
    del reviewer
    said = [
        (one.decision.action in KEEP, one.decision.label)
        for one in opinions.values()
        if one.decision.seen == entry.seen and one.decision.action != "skip"
    ]
    return len(set(said)) > 1


FILTERS: Mapping[str, _Chosen] = {
    "all": lambda entry, opinions, reviewer: True,
    "unreviewed": lambda entry, opinions, reviewer: _mine(entry, opinions, reviewer) is None,
    "skipped": lambda entry, opinions, reviewer: _mine(entry, opinions, reviewer) == "skip",
    "rejected": lambda entry, opinions, reviewer: entry.rejected,
    "disagreement": _disagreed,
}


def shown(item: Item, reviewer: str) -> dict[str, Any]:
    """A clip as the page gets it: the annotation, the reviewer's own decision and others'."""
    told = encode(item.annotation)
    del told["fingerprint"]
    own = item.opinions.get(reviewer)
    stale = own is not None and own.decision.seen != item.entry.seen
    return {
        "place": item.place,
        "seen": item.entry.seen,
        "annotation": told,
        "mine": None if own is None or stale else encode(own.decision),
        "stale": stale,
        "others": [encode(one.decision) for name, one in item.opinions.items() if name != reviewer],
        "unresolved": list(judge(item.entry.seen, item.opinions).unresolved),
    }


def _check_words(
    text: str | None, labels: tuple[str, ...] | None, note: str, rating: int | None
) -> None:
    """Refuse what no page sends."""
    if text is not None and not text.strip():
        raise RefusedError(422, "A description has words. To take the clip out, reject it.")
    if max(len(text or ""), len(note)) > LONGEST_TEXT:
        raise RefusedError(422, f"A text has {LONGEST_TEXT:,} letters at most.")
    if labels is not None and (len(labels) > MOST_LABELS or not all(map(str.strip, labels))):
        raise RefusedError(422, f"There are at most {MOST_LABELS} labels, and each is a word.")
    if rating is not None and not 0 <= rating <= 5:
        raise RefusedError(422, f"A rating is 0 to 5, found {rating}.")


def _same(annotation: Annotation, name: str, value: object) -> bool:
    """Whether a decision leaves a field as it was made; what a review wrote is said once more."""
    made = annotation.provenance.get(name)
    if made is not None and made.step == STEP:
        return False
    there = getattr(annotation, name)
    return value is None or value == (None if isinstance(there, Missing) else there)
