"""Descriptions are worded to stand inside of a sentence."""

import pytest
from tests.annotation.checks.drafts import draft

from affectlens.annotation.fields import FIELDS, ended, fields, inside
from affectlens.foundation.missing import Missing


def test_every_field_is_known_and_every_known_one_is_filled() -> None:
    assert tuple(fields(draft())) == FIELDS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Eyes widened, Wide-mouthed.", "eyes widened, wide-mouthed"),
        ("A look of disapproval, Lip Corner Puller.", "a look of disapproval, lip corner puller"),
        ("AU12 is active", "AU12 is active"),
        ("I think so, as AU04 is.", "I think so, as AU04 is"),
        ("The face of the Person in Paris is still.", "the face of the Person in Paris is still"),
        ("", ""),
    ],
)
def test_phrases_get_small_letters_but_for_words_in_capitals(text: str, wanted: str) -> None:
    assert inside(text) == wanted


@pytest.mark.parametrize(
    ("tone", "wanted"),
    [
        ("joyful", "speaking with a joyful voice"),
        ("Angry.", "speaking with an angry voice"),
        ("fast, with a sharp tone", "speaking in this tone: fast, with a sharp tone"),
        ("The speaker sounds very sad and slow.", "speaking in this tone: the speaker sounds very"),
        ("The tone of the speaker in the video is joyful.", "speaking with a joyful voice"),
    ],
)
def test_a_tone_is_spoken_in(tone: str, wanted: str) -> None:
    assert str(fields(draft(tone=tone))["speaking"]).startswith(wanted)


@pytest.mark.parametrize(
    ("tone", "wanted"),
    [
        ("The speaker's tone is Calm.", "calm"),
        ("The tone of the voice is sad, negative", "sad, negative"),
        ("Their voice sounds tired.", "tired"),
        ("A voice is heard", "A voice is heard"),
        ("the tone of one who waits", "the tone of one who waits"),
    ],
)
def test_a_tone_is_told_once(tone: str, wanted: str) -> None:
    assert fields(draft(tone=tone))["tone"] == inside(wanted)


@pytest.mark.parametrize(
    ("objective", "wanted"),
    [
        ("The woman in the video is talking to a man.", "talking to a man"),
        ("The person in the picture is alone. It is dark.", "alone. It is dark"),
        ("This person is one of two.", "one of two"),
        ("A young man is sitting in a car", "sitting in a car"),
        ("Two people at a table.", "two people at a table"),
    ],
)
def test_what_is_seen_follows_upon_the_person(objective: str, wanted: str) -> None:
    assert fields(draft(objective=objective))["person"] == wanted


@pytest.mark.parametrize("text", ["Oh my.", "Oh!", "“Oh?”", "好。"])
def test_a_sentence_that_is_ended_gets_no_second_mark(text: str) -> None:
    assert ended(text) == text
    assert ended("Oh my") == "Oh my."


def test_what_is_missing_stays_missing_with_its_reason() -> None:
    assert fields(draft(tone=Missing("nobody speaks")))["speaking"] == Missing("nobody speaks")


def test_of_many_clues_the_clearest_are_told_in_their_order() -> None:
    lines = str(fields(draft())["measured"]).splitlines()
    starts = [float(line.split(", ", 1)[1].split(" to ")[0]) for line in lines]
    assert starts == sorted(starts)
    assert 3 < len(lines) <= 24
