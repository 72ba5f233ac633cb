"""Promises of a review by several people, of changing and of large data sets."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotation.review.samples import (
    annotation,
    decision,
    of_clips,
    of_first,
    write,
)
from tests.annotation.review.visits import Visitor

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk, RefusedError
from affectlens.annotation.review.server import serving
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing


def test_reviewers_see_each_others_decisions_and_disagreements(root: Path) -> None:
    ada, bob = Desk(root, "ada"), Desk(root, "bob")
    one = of_first(root)
    ada.decide(decision(one))
    assert bob.places("disagreement") == []
    bob.decide(decision(one, "relabel", label="sad"))
    assert ada.places("disagreement") == [0]
    assert 0 not in ada.places("unreviewed")
    assert list(ada.item(0).opinions) == ["ada", "bob"]
    bob.decide(decision(one, "undo", label=None))
    assert ada.places("disagreement") == []
    assert bob.overview()["last"] is None
    assert ada.overview()["last"] == 0


def test_what_was_rejected_for_want_of_a_label_is_accepted_only_with_one(tmp_path: Path) -> None:
    why = ("no label: the analysis abstains",)
    nameless = replace(annotation("a"), label=Missing("it abstains"), rejected=why)
    write(tmp_path, [annotation("b"), nameless])
    desk = Desk(tmp_path, "ada")
    place = desk.places("rejected")[0]
    asked = decision(desk.item(place).annotation)
    with pytest.raises(RefusedError, match="has no label"):
        desk.decide({**asked, "label": None})
    assert desk.decide({**asked, "label": "happy"}).label == "happy"
    assert desk.decide({**asked, "action": "reject", "label": None}).label is None


def test_a_log_that_was_put_back_to_an_earlier_one_is_taken_in(root: Path) -> None:
    desk = Desk(root, "ada")
    for place in range(3):
        desk.decide(decision(desk.item(place).annotation))
    assert desk.overview()["reviewed"] == 3
    lines = (root / "reviews.jsonl").read_text("utf-8").splitlines(keepends=True)
    (root / "reviews.jsonl").write_text(lines[0], "utf-8")
    assert desk.overview()["reviewed"] == 1
    assert desk.overview()["last"] == 0


def test_decisions_made_at_once_are_all_there(root: Path) -> None:
    desks = [Desk(root, name) for name in ("ada", "bob")]
    shown = [desks[0].item(place).annotation for place in range(5)]

    def work(desk: Desk) -> None:
        for one in shown * 4:
            desk.decide(decision(one))

    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decisions.read(root)) == 40
    assert all(desk.overview()["reviewed"] == 5 for desk in desks)


def test_a_data_set_made_anew_is_taken_in_and_old_decisions_are_stale(root: Path) -> None:
    desk = Desk(root, "ada")
    old = of_first(root)
    desk.decide(decision(old))
    made = [replace(one, fine="Described anew.") for one in _all(root)]
    write(root, made[:3])
    assert desk.overview()["counts"]["all"] == 3
    assert 0 in desk.places("unreviewed")
    assert desk.item(0).annotation.fine == "Described anew."


def _all(root: Path) -> list[Annotation]:
    desk = Desk(root, "x")
    return [desk.item(place).annotation for place in desk.places("all")]


def test_own_words_stay_when_what_a_review_wrote_is_accepted_again(tmp_path: Path) -> None:
    from affectlens.annotation.review.settling import settle

    made = of_clips(tmp_path / "set")
    root = write(tmp_path / "set", made)
    desk = Desk(root, "ada")
    desk.decide(decision(made[0], "edit", text="Ada's words."))
    settled = settle(made, decisions.read(root))
    write(root, settled)
    desk.decide(decision(settled[0], text="Ada's words."))
    assert settle(made, decisions.read(root))[0].fine == "Ada's words."


def test_labels_are_those_of_the_recipe_else_of_a_space_that_fits(tmp_path: Path) -> None:
    root = write(tmp_path / "set", [annotation("a", "happy")])
    assert Desk(root, "ada").labels[:2] == ("neutral", "angry")
    (root / "recipe.json").write_text('{"analysis": {"reasoning": {"label_space": "dfew7"}}}')
    assert Desk(root, "ada").labels[:2] == ("happy", "sad")
    write(root, [annotation("a", "jealous")])
    assert Desk(root, "ada").labels[-1] == "jealous"
    assert Desk(root, "ada", ("x", "y")).labels == ("x", "y")


def test_what_is_no_data_set_or_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="affectlens annotate"):
        Desk(tmp_path, "ada")
    root = write(tmp_path / "set", [annotation("a")])
    for name in ("", " ", "a\nb", "x" * 81):
        with pytest.raises(InputError, match="name"):
            Desk(root, name)
    write(root, [annotation("a"), annotation("a")])
    with pytest.raises(InputError, match="twice"):
        Desk(root, "ada")
    (root / "annotations.jsonl").write_text('{"schema": "affectlens.annotation/1"}\n')
    with pytest.raises(InputError, match="line 1"):
        Desk(root, "ada")
    write(root, [])
    with pytest.raises(InputError, match="no clips"):
        Desk(root, "ada")


def test_a_port_that_is_taken_is_told(root: Path) -> None:
    with serving(Desk(root, "ada")) as address:
        port = int(Visitor(address.url).host.partition(":")[2])
        with pytest.raises(ConfigError, match="Choose another"), serving(Desk(root, "bob"), port):
            pass


def test_five_thousand_clips_are_quick(tmp_path: Path) -> None:
    one = annotation("a")
    root = write(tmp_path / "set", [replace(one, id=f"c{n:04}") for n in range(5000)])
    started = time.perf_counter()
    desk = Desk(root, "ada")
    opened_s = time.perf_counter() - started
    started = time.perf_counter()
    for place in range(4980, 5000):
        desk.decide(decision(desk.item(place).annotation))
        assert desk.overview()["counts"]["all"] == 5000
    each_s = (time.perf_counter() - started) / 20
    assert opened_s < 5, opened_s  # measured: 0.5 s
    assert each_s < 0.5, each_s  # measured: 0.03 s
