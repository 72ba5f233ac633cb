"""A label is read from an answer or there is none; never a default."""

import pytest

from affectlens.emotions.spaces import DFEW7, MER6, MER9
from affectlens.foundation.missing import Missing
from affectlens.model.parsing import label


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("happy", "happy"),
        ("Happy.", "happy"),
        ("the person is not calm; she feels anger", "angry"),
        ("sad, later surprised!", "surprise"),
        ("情绪是happy。", "happy"),
        ("HAPPINESS", "happy"),
        ("[emotion]: worried</s>", "worried"),
    ],
)
def test_the_label_named_last_is_found_as_a_whole_word(answer: str, found: str) -> None:
    assert label(answer, MER6) == found


@pytest.mark.parametrize("answer", ["", "  ", "unhappy", "madness", "fear", "happyend", "😀"])
def test_an_answer_without_a_label_has_none(answer: str) -> None:
    missing = label(answer, MER6)
    assert isinstance(missing, Missing)
    assert "mer6" in missing.reason


def test_the_space_decides_what_a_label_is() -> None:
    assert label("fear and doubt", MER9) == "doubt"
    assert label("fear and doubt", DFEW7) == "fear"


@pytest.mark.parametrize("label_", MER6.labels)
def test_the_published_way_takes_a_last_word_that_is_a_label_to_the_letter(label_: str) -> None:
    assert label(label_, MER6, strict=True) == label_
    assert label(f"he is {label_}", MER6, strict=True) == label_
    for spoilt in (label_.title(), f"{label_}.", f"{label_} ", f"{label_} he is", f"x\n{label_}"):
        assert isinstance(label(spoilt, MER6, strict=True), Missing)
