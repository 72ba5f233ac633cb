"""Laws that every renderer keeps, its own or another package's."""

import unicodedata
from collections.abc import Callable

import pytest
from tests.reasoning.render.samples import SAMPLES, hostile, two_people

from affectlens.foundation import plugins
from affectlens.reasoning.analysis import Analysis

GROUP = "reasoning.render"
FORMATS = plugins.names(GROUP)


@pytest.fixture(autouse=True)
def _piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The output goes to a file of the usual width."""
    monkeypatch.setenv("COLUMNS", "80")


def test_the_promised_formats_are_there() -> None:
    promised = {"csv", "elan", "html", "json", "jsonl", "srt", "table", "textgrid", "vtt"}
    assert promised <= set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_its_suffix_and_what_it_is_in_one_line(name: str) -> None:
    module = plugins.load(GROUP, name)
    assert module.SUFFIX.startswith(".")
    assert module.LONG.strip()
    assert "\n" not in module.LONG


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())
@pytest.mark.parametrize("name", FORMATS)
def test_every_analysis_gives_some_text_that_any_file_can_hold(
    name: str, make: Callable[[], Analysis]
) -> None:
    text = plugins.load(GROUP, name).render(make())
    assert text.strip()
    assert text.endswith("\n")
    assert text.encode()
    control = {c for c in text if unicodedata.category(c) == "Cc"} - set("\n\r\t")
    assert not control


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_analysis_gives_the_same_text(name: str) -> None:
    render = plugins.load(GROUP, name).render
    assert render(hostile()) == render(hostile())


@pytest.mark.parametrize("name", FORMATS)
def test_another_label_gives_another_text(name: str) -> None:
    render = plugins.load(GROUP, name).render
    assert render(two_people()) != render(SAMPLES["still"]())


@pytest.mark.parametrize("name", FORMATS)
def test_words_of_other_scripts_survive(name: str) -> None:
    text = plugins.load(GROUP, name).render(two_people("Ça va? 太好了 — хорошо"))
    if name != "csv":  # a row per segment has no words
        assert "太好了" in text
        assert "хорошо" in text
