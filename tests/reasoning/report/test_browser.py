"""The page as a person uses it, in headless Chromium; skipped where there is none."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.reasoning.render.samples import HOSTILE, SAMPLES, hostile, two_people
from tests.reasoning.report.clips import write_two_people

from affectlens.media.opening import open_clip
from affectlens.reasoning.report import html_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with its clip inside."""
    folder = tmp_path_factory.mktemp("report")
    write_two_people(folder / "two people.mp4")
    page = folder / "report.html"
    page.write_text(html_report(two_people(), open_clip(folder / "two people.mp4")), "utf-8")
    return page


class Visit:
    """An open page and whatever it asked for or complained about."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.page = browser.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
        )
        self.problems: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: self.problems.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url[:40]))
        self.page.goto(file.as_uri())
        if self.page.query_selector("video"):
            self.until("document.getElementById('media').readyState >= 2")

    def until(self, condition: str) -> None:
        """Wait for a condition; the page's policy forbids playwright's own way of waiting."""
        for _ in range(200):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(25)
        pytest.fail(f"Waited five seconds for {condition}")

    def time_s(self) -> float:
        """The moment that the player shows, once it is there."""
        self.until("!document.getElementById('media').seeking")
        return float(self.page.evaluate("document.getElementById('media').currentTime"))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_opens_quietly_fits_and_asks_for_nothing(
    browser: Any, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(SAMPLES[name](), None), "utf-8")
    visit = Visit(browser, file)
    assert visit.problems == []
    assert [url for url in visit.asked if not url.startswith(("file:", "data:"))] == []
    for width in (1280, 400):
        visit.page.set_viewport_size({"width": width, "height": 800})
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.page.close()


def test_a_clue_goes_to_its_moment_and_marks_what_cites_it(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    for clue in two_people().clues:
        visit.page.click(f'.card[data-clue="{clue.id}"]')
        assert abs(visit.time_s() - clue.span.start_s) <= 0.1
    visit.page.click('.card[data-clue="c4"]')
    assert visit.page.inner_text(".claim.cited") == "P1's voice is higher than usual"
    assert visit.problems == []
    visit.page.close()


def test_a_claim_goes_to_its_moment_and_marks_its_clues(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    visit.page.click("text=P1's voice is higher than usual")
    assert abs(visit.time_s() - 1.0) <= 0.1
    cited = visit.page.eval_on_selector_all(".card.cited", "all => all.map(e => e.dataset.clue)")
    assert cited == ["c3", "c4"]
    assert visit.page.locator("#tray button").count() == 2
    visit.page.close()


def test_keys_play_pause_and_move(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Shift+ArrowLeft")
    assert abs(visit.time_s() - 1.9) <= 0.1
    visit.page.keyboard.press(" ")
    visit.until("document.getElementById('media').currentTime > 2.1")
    visit.page.keyboard.press(" ")
    assert visit.page.evaluate("document.getElementById('media').paused")
    assert visit.page.get_attribute("#play", "aria-label") == "Play"
    visit.page.close()


def test_cards_are_reached_by_tab_and_opened_by_enter(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    visit.page.focus('.card[data-clue="c1"]')
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    assert abs(visit.time_s() - 0.4) <= 0.1
    visit.page.close()


def test_pressing_on_the_timeline_moves_the_player_there(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    ruler = visit.page.locator(".ruler")
    box = ruler.bounding_box()
    ruler.click(position={"x": box["width"] / 2, "y": 10})
    assert abs(visit.time_s() - 3.0) <= 0.1
    assert ruler.get_attribute("aria-valuetext") == "3.0 s. P1 unclear, P2 unclear"
    visit.page.close()


def test_hostile_words_stay_text(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(hostile(), None), "utf-8")
    visit = Visit(browser, file)
    assert visit.page.locator("img").count() == 0
    assert "<img src=x onerror=alert(1)>" in visit.page.inner_text(".chip >> nth=0")
    assert visit.page.text_content(".card .text >> nth=0") == HOSTILE
    assert visit.problems == []
    visit.page.close()


def test_without_a_clip_the_timeline_still_plays(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(two_people(), None), "utf-8")
    visit = Visit(browser, file)
    visit.page.click('.card[data-clue="c5"]')
    assert visit.page.inner_text("#clock").startswith("0:03.7")
    visit.page.click("#play")
    visit.until("document.getElementById('clock').textContent > '0:03.9'")
    assert "not in this page" in visit.page.inner_text("#nopicture")
    visit.page.close()


def test_the_theme_can_be_switched(browser: Any, report: Path) -> None:
    visit = Visit(browser, report)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit.page.evaluate(ground)
    visit.page.click("#theme")
    assert visit.page.evaluate(ground) != light
    visit.page.close()
