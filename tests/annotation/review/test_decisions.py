"""Promises of the log of decisions and of what a data set says after review."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.review.samples import annotation

from affectlens.annotation.annotation import Annotation, Check, Made
from affectlens.annotation.document import from_json, to_json
from affectlens.annotation.review import decisions
from affectlens.annotation.review.agreement import agreement
from affectlens.annotation.review.decisions import Action, Book, Decision, seen, seen_of_line
from affectlens.annotation.review.settling import came_back, settle, settled, unsettled
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim

HAPPY = annotation("a")


def said(reviewer: str, action: Action = "accept", label: str = "happy", **rest: Any) -> Decision:
    """A decision about the clip "a"."""
    about = {
        "id": "a",
        "seen": seen(HAPPY),
        "was": "happy",
        "time": "2026-01-01T00:00:00.000+00:00",
    }
    given = None if action in ("skip", "reject", "undo") else label
    return Decision(reviewer=reviewer, action=action, **{**about, "label": given, **rest})


def test_decisions_are_added_and_read_back_in_order(tmp_path: Path) -> None:
    made = [said("ada"), said("bob", "edit", text="Other words.", rating=3, labels=("calm",))]
    for one in made:
        decisions.append(tmp_path, one)
    assert decisions.read(tmp_path) == made


def test_a_line_that_is_no_decision_is_told_by_its_number(tmp_path: Path) -> None:
    decisions.append(tmp_path, said("ada"))
    with (tmp_path / "reviews.jsonl").open("a") as file:
        file.write('{"schema": "affectlens.review/1", "id": "a"}\n')
    with pytest.raises(InputError, match="line 2"):
        decisions.read(tmp_path)


def test_the_last_decision_of_a_reviewer_is_theirs_and_undo_brings_back_the_one_before() -> None:
    book = Book.of([said("ada"), said("ada", "relabel", "sad"), said("bob", "skip")])
    assert {name: one.decision.action for name, one in book.opinions("a").items()} == {
        "ada": "relabel",
        "bob": "skip",
    }
    book.add(said("ada", "undo"))
    assert book.opinions("a")["ada"].decision.action == "accept"
    book.add(said("ada", "undo"))
    book.add(said("ada", "undo"))  # nothing is left to take back
    assert list(book.opinions("a")) == ["bob"]
    assert (book.last("ada"), book.last("bob")) == (None, "a")


def test_the_majority_decides_the_label_and_provenance_says_so() -> None:
    votes = [said("ada", "relabel", "sad"), said("bob", "relabel", "sad"), said("cid")]
    (one,) = settle([HAPPY], votes)
    assert one.label == "sad"
    assert (one.provenance["label"].step, one.provenance["label"].by) == ("review", "review by 2")
    assert one.provenance["fine"] == HAPPY.provenance["fine"]


def test_without_a_majority_nothing_changes_and_it_is_told() -> None:
    votes = [said("ada", "relabel", "sad"), said("bob")]
    assert settle([HAPPY], votes) == [HAPPY]
    assert unsettled([HAPPY], votes).unresolved == ("a",)
    out = [said("ada", "reject"), said("bob")]
    assert settle([HAPPY], out) == [HAPPY]
    assert unsettled([HAPPY], out).unresolved == ("a",)
    assert unsettled([HAPPY], [said("ada"), said("bob", "skip")]).unresolved == ()


def test_the_newest_edit_is_the_text_also_when_an_older_one_is_accepted_again() -> None:
    votes = [
        said("ada", "edit", text="Ada's words."),
        said("bob", "edit", "sad", text="Bob's words."),
        said("ada", "relabel", "sad", text="Ada's words."),  # carries the text along
        said("cid", "relabel", "sad"),
    ]
    (one,) = settle([HAPPY], votes)
    assert (one.fine, one.label) == ("Bob's words.", "sad")
    assert one.provenance["fine"].by == "review by 1"


def test_words_that_explain_another_label_than_the_majority_gave_are_not_taken() -> None:
    fear = said("ada", "edit", "fear", text="It expresses fear.", labels=("afraid",))
    (one,) = settle([HAPPY], [fear, said("bob"), said("cid")])
    assert (one.label, one.fine, one.labels) == ("happy", HAPPY.fine, HAPPY.labels)
    tie = [fear, said("bob", "edit", text="Bob's words.")]  # the label stays, and words for it
    (one,) = settle([HAPPY], tie)
    assert (one.label, one.fine, one.labels) == ("happy", "Bob's words.", HAPPY.labels)
    assert settle([one], tie) == [one]


def test_a_clip_without_label_or_words_comes_back_only_with_them() -> None:
    why = ("no label: the analysis abstains",)
    off = replace(HAPPY, label=Missing("it abstains"), rejected=why)
    about: dict[str, Any] = {"seen": seen(off), "against": why}
    tie = [said("ada", "relabel", "sad", **about), said("bob", "relabel", "fear", **about)]
    assert settle([off], tie)[0].rejected == why
    (back,) = settle([off], tie[:1])
    assert (back.label, back.rejected) == ("sad", ())
    assert "from" not in back.checks[1].detail
    assert settle([back], tie[:1]) == [back]
    mute = replace(off, fine=Missing("?"), coarse=Missing("?"), rejected=("no description: ?",))
    assert settle([mute], [said("ada", **about | {"seen": seen(mute)})])[0].rejected != ()
    vote = said("ada", "edit", text="She smiles.", **about | {"seen": seen(mute)})
    assert settle([mute], [vote])[0].rejected == ()
    words = replace(off, rejected=("length: too short",))  # such as EMER's, which has no labels
    vote = replace(said("ada", **about | {"against": words.rejected}), label=None)
    assert settle([words], [vote])[0].rejected == ()


CHECKED = replace(
    HAPPY,
    fine="The lip corners are pulled up. The brows are raised. It expresses happy.",
    labels=("happy", "tense"),
    claims=(
        Claim("The lip corners are pulled up.", "face", None, Span(0, 1), ("c2",), "supported"),
        Claim("The brows are raised.", "face", None, Span(0, 1), (), "unsupported"),
        Claim("It expresses happy.", "scene", None, Span(0, 1), (), "supported"),
    ),
    checks=tuple(
        Check(name=name, passed=False, score=0.5, detail="As it was.")
        for name in ("units", "label", "grounding", "length")
    ),
    score=0.5,
    provenance={**HAPPY.provenance, "labels": Made(step="labelled", by="rules", key="k")},
)


def unchecked(one: Annotation) -> set[str]:
    """Checks that say they were not made."""
    found = {check.name for check in one.checks if isinstance(check.score, Missing)}
    assert all("review" in c.detail and c.passed for c in one.checks if c.name in found)
    return found


def test_what_was_checked_of_another_text_is_not_said_of_an_edited_one() -> None:
    text = "Not so: The brows are raised. The lip corners are pulled up."
    vote = replace(said("ada", "edit", text=text), seen=seen(CHECKED))
    (one,) = settle([CHECKED], [vote])
    assert [claim.text for claim in one.claims] == ["The lip corners are pulled up."]
    assert unchecked(one) == {"label", "grounding", "length"}
    assert (one.score, one.checks[0]) == (0.5, CHECKED.checks[0])  # the units know no text
    assert settle([one], [vote]) == [one]
    assert isinstance(settle([CHECKED], [replace(vote, label="sad")])[0].score, Missing)
    same = replace(said("ada"), seen=seen(CHECKED))
    assert unchecked(settle([CHECKED], [same])[0]) == set()


def test_what_was_checked_of_another_label_is_not_said_of_a_new_one() -> None:
    vote = replace(said("ada", "relabel", "sad"), seen=seen(CHECKED))
    (one,) = settle([CHECKED], [vote])
    assert isinstance(one.fine, Missing)
    assert "explained happy" in one.fine.reason
    assert (one.claims, unchecked(one)) == ((), {check.name for check in CHECKED.checks})
    assert settle([one], [vote]) == [one]
    assert "from happy" in one.checks[0].detail
    assert one.labels == ("sad", "tense")
    assert one.provenance["labels"].step == "review"
    fits = replace(CHECKED, fine="The lip corners are pulled up. Overall, it expresses sad.")
    (kept,) = settle([fits], [replace(vote, seen=seen(fits))])
    assert kept.fine == fits.fine
    assert unchecked(kept) == {"units", "label", "grounding"}
    assert [claim.text for claim in kept.claims] == ["The lip corners are pulled up."]
    by_people = replace(CHECKED, provenance={"labels": Made(step="told", by="the caller", key="")})
    assert settle([by_people], [replace(vote, seen=seen(by_people))])[0].labels == CHECKED.labels


def test_a_rejected_clip_comes_back_and_a_kept_one_leaves() -> None:
    off = replace(HAPPY, rejected=("units: none",))
    assert seen(off) == seen(HAPPY)
    (back,) = settle([off], [said("ada", against=("units: none",))])
    assert back.rejected == ()
    assert came_back(back)
    # Accepted before anything spoke against it: nobody has seen the reason yet.
    assert settle([off], [said("ada")])[0].rejected == ("units: none",)
    (gone,) = settle([HAPPY], [said("ada", "reject"), said("bob", "reject"), said("cid")])
    assert gone.rejected == ("review: 2 of 3 who reviewed it took it out",)
    assert gone.label == "happy"


def test_decisions_about_what_has_changed_since_are_told_and_not_applied() -> None:
    anew = replace(HAPPY, fine="Described anew.")
    votes = [said("ada", "relabel", "sad"), replace(said("bob"), id="gone")]
    assert settle([anew], votes) == [anew]
    assert unsettled([anew], votes).stale == ("a",)
    assert unsettled([anew], votes).unknown == ("gone",)
    moved = replace(HAPPY, split="test", score=0.1)
    assert settle([moved], votes)[0].label == "sad"


def test_settling_twice_is_settling_once_and_says_nothing_of_when_or_who() -> None:
    votes = [said("ada", "edit", "sad", text="Ada's words.", note="secret")]
    once = settle([HAPPY], votes)
    assert settle(once, votes) == once
    later = [replace(one, time="2030-01-01T00:00:00.000+00:00", reviewer="bob") for one in votes]
    assert settle([HAPPY], later) == once
    assert seen(once[0]) == seen(HAPPY) == seen_of_line(to_json(once[0]))
    assert from_json(to_json(once[0])) == once[0]
    assert settled(HAPPY, Book.of(votes)) == once[0]


def test_agreement_is_of_those_who_labelled_what_is_there_now() -> None:
    clips = {f"c{i}": annotation(f"c{i}") for i in range(4)}
    now = {name: seen(one) for name, one in clips.items()}

    def by(reviewer: str, *labels: str | None) -> list[Decision]:
        return [
            replace(
                said(reviewer, "relabel" if label else "skip", label or ""),
                id=name, seen=now[name], rating=4 if label else None,
            )
            for name, label in zip(clips, labels, strict=True)
        ]  # fmt: skip

    old = replace(said("cid", "relabel", "sad"), id="c0", seen="before")
    found = agreement(
        [
            *by("ada", "happy", "sad", "sad", "happy"),
            *by("bob", "happy", "sad", "happy", None),
            old,
        ],
        now,
    )
    (pair,) = found.pairs
    assert (pair.one, pair.other, pair.agreement.n) == ("ada", "bob", 3)
    assert pair.agreement.identical == pytest.approx(2 / 3)
    assert pair.agreement.kappa == pytest.approx(0.4)  # by hand: (2/3 - 4/9) / (5/9)
    assert (found.items, found.shared, found.stale) == (4, 3, 1)
    ada, bob = found.reviewers
    assert (ada.accepted, ada.relabelled, ada.own.identical) == (2, 2, 0.5)
    assert (bob.skipped, bob.rated, bob.rating) == (1, 3, 4.0)
    assert found.alpha == pytest.approx(pair.agreement.alpha)
    assert isinstance(agreement([], now).alpha, Missing)
