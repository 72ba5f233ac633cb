"""Messages go to stderr, data to stdout, and progress does not flood a log."""

import io
import sys
import time

import pytest

from affectlens.cli import terminal


def test_without_a_terminal_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    with terminal.bars() as progress:
        for step in range(100):
            now_s = 100.0 + step / 10
            progress("faces [P1]", step / 100)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["faces [P1]: 30%", "faces [P1]: 60%", "faces [P1]: 90%"]


def test_on_a_terminal_progress_is_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with terminal.bars() as progress:
        progress("faces", 0.25)
        progress("faces", 1.0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "faces" in shown.err
    assert "100%" in shown.err


def test_no_color_is_honoured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.console().print("[red]warning[/]")
    assert "\x1b[31m" not in capsys.readouterr().err


def test_data_is_utf_8_with_one_line_feed_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    terminal.emit("schön")
    terminal.emit("再见\n")
    assert raw.getvalue().decode() == "schön\n再见\n"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    text = terminal.columns(["a", "b"], [["1", "2"], ["333", "4"]])
    assert text.splitlines() == ["a    b", "1    2", "333  4"]
