"""Nothing is lost: not what was decided, and not what was typed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.review.pages import Visit, visit

from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.annotation.review.server import serving


def test_keys_pressed_while_one_edits_lose_nothing(browser: Any, root: Path) -> None:
    with visit(browser, root) as v:
        v.at("ANG")
        v.press("e")
        v.page.keyboard.type(" More.")
        v.page.focus("#labels button")
        v.press("a", "r", "s", "u")
        v.page.wait_for_timeout(200)
        assert v.page.input_value("#text").endswith(" More.")
        v.press("ArrowRight")
        v.at("DIS")
        v.press("ArrowLeft")
        v.at("ANG")
        assert v.page.input_value("#text").endswith(" More.")
    assert decisions.read(root) == []


def test_what_is_typed_outlives_a_reload_and_a_server_that_is_gone(
    browser: Any, root: Path
) -> None:
    with serving(Desk(root, "ada")) as address:
        v = Visit(browser, address.url)
        v.at("ANG")
        v.press("e")
        v.page.keyboard.type(" Half a thought")
        v.page.reload()
        v.at("ANG")
        assert v.page.input_value("#text").endswith(" Half a thought")
        v.page.focus("#text")
        v.page.keyboard.type(", and all of it.")
    v.press("Control+Enter")
    v.until("!document.getElementById('error').hidden")
    assert "Not saved. The server does not answer" in v.text("#error")
    assert v.page.input_value("#text").endswith("thought, and all of it.")
    v.page.close()
    assert decisions.read(root) == []


def test_a_full_disk_is_told_and_the_text_stays(
    browser: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with visit(browser, root) as v:
        v.press("e")
        v.page.keyboard.type(" More.")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            v.press("Control+Enter")
            v.until("!document.getElementById('error').hidden")
        assert "No space left" in v.text("#error")
        v.press("Control+Enter")
        v.at("DIS")
        assert not v.page.is_visible("#error")


def started(root: Path) -> tuple[subprocess.Popen[str], str]:
    """The command as people start it, and the address that it prints."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "affectlens.cli.app", "review", str(root),
            "--reviewer", "ada", "--no-browser",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", url), url
    return process, url


def test_a_killed_server_loses_no_decision(browser: Any, root: Path) -> None:
    process, url = started(root)
    v = Visit(browser, url)
    v.at("ANG")
    v.press("4")
    v.at("DIS")  # so the decision was answered
    process.kill()
    process.communicate()
    process, url = started(root)
    v.open(url)
    v.at("DIS")
    assert v.text("#progress-text") == "1 of 5 reviewed by you."
    v.press("ArrowLeft")
    v.at("ANG")
    assert v.label() == "sad"
    v.press("u")
    v.progress("0 of 5 reviewed by you.")
    v.page.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, "1 decisions made" in err) == (0, True), err
    assert "Nobody has reviewed" in out
