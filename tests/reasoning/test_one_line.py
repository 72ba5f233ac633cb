"""Text of others in one line."""

from hypothesis import given
from hypothesis import strategies as st

from affectlens.reasoning.one_line import one_line


@given(st.text())
def test_any_text_becomes_one_line_that_a_terminal_and_a_file_can_hold(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert len(line.splitlines()) <= 1
    assert line.isprintable() or not any(ord(c) < 32 or ord(c) == 127 for c in line)
    assert line.encode().decode() == line
    assert one_line(line) == line


def test_a_name_cannot_show_as_another() -> None:
    assert one_line("exe\u202egpj.\x1b[2Kmp4") == "exegpj. [2Kmp4"


def test_words_of_every_script_stay() -> None:
    assert one_line("Ça\tva?\n太好了 👍🏽") == "Ça va? 太好了 👍🏽"
