"""A review page that is open in a browser."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.annotation.review.server import serving


class Visit:
    """An open page and whatever it asked for or complained about."""

    def __init__(self, browser: Any, url: str) -> None:
        self.page = browser.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
        )
        self.problems: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: self.problems.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.open(url)

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.until("!document.getElementById('clip').hidden")

    def until(self, condition: str) -> None:
        """Wait for a condition; the page's policy forbids playwright's own way of waiting."""
        for _ in range(400):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(25)
        pytest.fail(f"Waited ten seconds for {condition}; the page says {self.problems}")

    def at(self, name: str) -> None:
        """Wait until a clip is shown."""
        self.until(f"document.getElementById('clip-name').textContent === '{name}'")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def progress(self, text: str) -> None:
        """Wait until the page says how far the reviewer is."""
        self.until(f"document.getElementById('progress-text').textContent === '{text}'")

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def label(self) -> str:
        return str(self.page.get_attribute("#labels [aria-pressed=true]", "data-label"))


@contextlib.contextmanager
def visit(browser: Any, root: Path, reviewer: str = "ada") -> Iterator[Visit]:
    with serving(Desk(root, reviewer)) as address:
        one = Visit(browser, address.url)
        try:
            yield one
        finally:
            one.page.close()


def log(root: Path) -> list[tuple[str, str, str | None]]:
    return [(one.id, one.action, one.label) for one in decisions.read(root)]
