"""What a model says again is cut; what it says once stays as it is."""

import pytest

from affectlens.reasoning.tidy import repeats, tidy

PLAIN = "The brows are lowered. The voice is loud. The person appears angry."


def test_a_text_without_repeats_stays_to_the_letter() -> None:
    assert tidy(PLAIN) == PLAIN
    assert tidy(PLAIN, whole=True) == PLAIN
    assert not repeats(PLAIN)


@pytest.mark.parametrize("again", ["The brows are lowered.", "the brows are lowered!"])
def test_a_text_ends_where_it_repeats_a_sentence(again: str) -> None:
    text = f"{PLAIN} {again.capitalize()} More follows."
    assert repeats(text)
    assert tidy(text) == PLAIN


def test_a_phrase_that_is_said_three_times_running_is_said_once() -> None:
    text = "The voice is low, the voice is low, the voice is low, the voice is low"
    assert repeats(text)
    assert tidy(text) == "The voice is low"


def test_words_that_come_twice_are_no_loop() -> None:
    assert not repeats("The voice is very very loud, and the brows are lowered and lowered.")


def test_a_last_sentence_that_was_cut_off_is_left_out_but_never_the_only_one() -> None:
    assert tidy(f"{PLAIN} The mouth is", whole=True) == PLAIN
    assert tidy(f"{PLAIN} The mouth is").endswith("The mouth is")
    assert tidy("the mouth is", whole=True) == "the mouth is"
    assert tidy("", whole=True) == ""


def test_a_sentence_that_ends_with_a_quotation_is_whole() -> None:
    text = "The brows are lowered. The person says: “Go away.”"
    assert tidy(text, whole=True) == text
