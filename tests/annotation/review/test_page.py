"""The review page as a person uses it, in headless Chromium."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.annotation.review.pages import log, visit
from tests.annotation.review.samples import HOSTILE, of_clips, write

from affectlens.annotation.annotation import Peak
from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk


def test_accept_edit_relabel_and_reload_lose_nothing(browser: Any, root: Path) -> None:
    with visit(browser, root) as v:
        v.at("ANG")
        v.page.click('[data-action="accept"]')
        v.at("DIS")
        v.page.click('#labels [data-label="sad"]')
        v.at("FEA")
        v.page.click('[data-action="edit"]')
        v.page.fill("#text", "P1 expresses fear.\nTwo lines.")
        v.page.fill("#open", "afraid, tense")
        v.page.click("#save")
        v.at("HAP")
        assert v.text("#progress-text") == "3 of 5 reviewed by you."
        v.page.reload()
        v.at("HAP")
        assert v.text("#progress-text") == "3 of 5 reviewed by you."
        v.press("ArrowLeft")
        v.at("FEA")
        assert v.text("#fine") == "P1 expresses fear.\nTwo lines."
        assert v.text("#words") == "Also: afraid, tense"
        v.press("ArrowLeft")
        v.at("DIS")
        assert v.label() == "sad"
        assert v.problems == []
        origin = v.page.evaluate("location.origin")
        assert all(url.startswith(origin) for url in v.asked)
        assert "token" not in v.page.url
    assert log(root) == [
        ("ANG", "accept", "angry"), ("DIS", "relabel", "sad"), ("FEA", "edit", "fear")
    ]  # fmt: skip
    assert decisions.read(root)[2].labels == ("afraid", "tense")


def test_accept_relabel_and_edit_work_by_keys_alone(browser: Any, root: Path) -> None:
    with visit(browser, root) as v:
        v.at("ANG")
        v.press("Shift+Digit4", "n")
        v.page.keyboard.type("a nurse, 1 2")  # no keys of the page while one types
        v.press("Escape", "a")
        v.at("DIS")
        v.press("4")
        v.at("FEA")
        v.press("e")
        v.page.keyboard.type(" And sad.")
        v.press("Alt+Digit4", "Control+Enter")
        v.at("HAP")
        assert v.problems == []
    assert log(root) == [
        ("ANG", "accept", "angry"), ("DIS", "relabel", "sad"), ("FEA", "edit", "sad")
    ]  # fmt: skip
    first, _, last = decisions.read(root)
    assert (first.rating, first.note) == (4, "a nurse, 1 2")
    assert str(last.text).endswith("expresses: fear. And sad.")


def test_skip_undo_take_out_and_bring_back_work_by_keys_alone(browser: Any, root: Path) -> None:
    with visit(browser, root) as v:
        v.at("ANG")
        v.press("s")
        v.at("DIS")
        v.press("ArrowRight", "ArrowRight")
        v.at("HAP")
        v.press("ArrowRight")
        v.at("NEU")
        assert "Not in the data set: units" in v.text("#why-rejected")
        v.press("a")
        v.progress("1 of 5 reviewed by you, 1 skipped.")
        v.press("u")
        v.progress("0 of 5 reviewed by you, 1 skipped.")
        v.press("r")
        v.progress("1 of 5 reviewed by you, 1 skipped.")
        v.press("?")
        assert v.page.is_visible("#keys")
        v.press("Escape", "ArrowLeft")
        v.at("HAP")
        assert v.problems == []
    assert log(root) == [
        ("ANG", "skip", None), ("NEU", "accept", "neutral"), ("NEU", "undo", None),
        ("NEU", "reject", None),
    ]  # fmt: skip
    assert decisions.read(root)[1].against == ("units: no unit of the set is there",)


def test_the_clip_stands_at_its_peak_and_clues_go_to_their_moments(
    browser: Any, root: Path
) -> None:
    with visit(browser, root) as v:
        media = "document.querySelector('#picture video')"
        v.until(f"{media} && {media}.readyState >= 2 && !{media}.seeking")
        v.until(f"Math.abs({media}.currentTime - 1.2) < 0.05 && {media}.paused")
        v.until("!document.getElementById('face-box').hidden")
        v.until("!document.getElementById('near').hidden")  # the face by itself
        box = v.page.evaluate("document.getElementById('face-box').style.left")
        assert box == "30%"
        v.page.click("#cards button >> nth=0")
        v.until(f"Math.abs({media}.currentTime - 0.4) < 0.05")
        v.until("document.getElementById('face-box').hidden")
        v.page.focus("#clip")
        v.press("p")
        v.until(f"Math.abs({media}.currentTime - 1.2) < 0.05")
        v.press(" ")
        v.until(f"!{media}.paused || {media}.currentTime > 1.3")
        assert v.problems == []


def test_hostile_texts_and_ids_are_shown_as_they_are(browser: Any, tmp_path: Path) -> None:
    made = of_clips(tmp_path / "set")[:2]
    peak = made[0].peak
    assert isinstance(peak, Peak)
    odd = replace(
        made[0],
        id=HOSTILE, label=HOSTILE, labels=(HOSTILE,), fine=HOSTILE, subtitle=HOSTILE, face=HOSTILE,
        rejected=(HOSTILE,),
        clues=(replace(made[0].clues[0], text=HOSTILE, person=HOSTILE),),
        checks=(replace(made[0].checks[0], name=HOSTILE, detail=HOSTILE),),
        peak=replace(peak, person=HOSTILE, action_units={HOSTILE: 1.0}),
    )  # fmt: skip
    root = write(tmp_path / "set", [odd])
    Desk(root, HOSTILE).decide(
        {
            "id": HOSTILE, "seen": decisions.seen(odd), "action": "accept", "label": HOSTILE,
            "labels": None, "text": HOSTILE + HOSTILE, "note": HOSTILE, "rating": None,
        }
    )  # fmt: skip
    with visit(browser, root) as v:
        v.page.click("#others summary")
        for selector in ("#clip-name", "#fine", "#said-words", "#others ul", "#why-rejected"):
            assert "<img src=x onerror=alert(1)>" in v.text(selector)
        assert v.page.locator("main img, main script").count() == 0
        v.press("a")
        v.progress("1 of 1 reviewed by you.")
        assert v.problems == []
    assert decisions.read(root)[1].id == HOSTILE


def test_lists_can_be_chosen_and_others_are_hidden_until_asked_for(
    browser: Any, root: Path
) -> None:
    bob = Desk(root, "bob")
    one = bob.item(1).annotation
    told = {"labels": None, "text": None, "note": "", "rating": None}
    bob.decide(
        {"id": "DIS", "seen": decisions.seen(one), "action": "relabel", "label": "sad", **told}
    )
    with visit(browser, root) as v:
        v.at("ANG")
        v.press("a")
        v.at("DIS")
        assert "sad" not in v.text("#others")
        v.press("a")
        v.at("FEA")
        v.page.select_option("#filter", "disagreement")
        v.at("DIS")
        assert v.text("#many") == "1"
        v.page.click("#others summary")
        assert "bob gave the label sad" in v.text("#others")
        v.page.select_option("#filter", "unreviewed")
        v.at("FEA")
        assert v.text("#many") == "3"
        v.page.select_option("#filter", "skipped")
        v.until("document.getElementById('clip').hidden")
        assert v.page.is_visible("#empty")
        v.page.select_option("#filter", "rejected")
        v.at("NEU")
        assert v.problems == []


def test_it_fits_narrow_windows_and_every_control_has_a_name(browser: Any, root: Path) -> None:
    with visit(browser, root) as v:
        for width in (1280, 400):
            v.page.set_viewport_size({"width": width, "height": 800})
            assert v.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        # What sticks to the window's edge hides what it lies over.
        behind = v.page.evaluate("getComputedStyle(document.getElementById('actions')).background")
        assert "rgba(0, 0, 0, 0)" not in behind
        unnamed = v.page.eval_on_selector_all(
            "button, input, select, textarea, video, canvas[role]",
            "all => all.filter(e => !e.closest('[hidden]') && !(e.innerText || e.ariaLabel "
            "|| e.labels?.length || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML)",
        )
        assert unnamed == []
        v.page.keyboard.press("Tab")
        outline = v.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
