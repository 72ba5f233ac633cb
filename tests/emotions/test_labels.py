"""A label space is a set of words; a word names at most one of them, and is never guessed."""

from itertools import pairwise

import pytest

from affectlens.emotions.dimensions import expected
from affectlens.emotions.labels import LabelSpace, plain
from affectlens.emotions.spaces import (
    CREMAD6,
    DFEW7,
    FERPLUS8,
    IEMOCAP4,
    IEMOCAP6,
    MAFW11,
    MELD7,
    MER6,
    RAVDESS8,
    SENTIMENT3,
    SPACES,
    space,
)
from affectlens.foundation.errors import ConfigError

ALL = pytest.mark.parametrize("one", SPACES.values(), ids=list(SPACES))


@pytest.mark.parametrize(
    ("labels", "said"),
    [((), "has words"), (("happy", " "), "has words"), (("sad", "happy", "sad"), "twice: sad")],
)
def test_labels_are_words_each_once(labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        LabelSpace("mine", labels)


@ALL
def test_every_label_is_found_to_the_letter_in_any_case(one: LabelSpace) -> None:
    assert [one.find(f" {label.title()}\n") for label in one.labels] == list(one.labels)


@ALL
def test_every_label_is_one_word_in_small_letters(one: LabelSpace) -> None:
    assert all(label.isalpha() and label == label.lower() for label in one.labels)


@pytest.mark.parametrize(
    ("one", "word", "label"),
    [
        (MELD7, "angry", "anger"),
        (MELD7, "happy", "joy"),
        (MELD7, "happiness", "joy"),
        (DFEW7, "joy", "happy"),
        (DFEW7, "calm", "neutral"),
        (RAVDESS8, "calm", "calm"),
        (RAVDESS8, "neutral", "neutral"),
        (RAVDESS8, "fear", "fearful"),
        (MAFW11, "worried", "anxiety"),
        (MER6, "anxiety", "worried"),
        (IEMOCAP6, "frustration", "frustrated"),
        (IEMOCAP4, "frustrated", None),
        (MER6, "fear", None),
        (FERPLUS8, "calm", "neutral"),
        (CREMAD6, "surprise", None),
        (SENTIMENT3, "good", None),
        (SENTIMENT3, "", None),
    ],
)
def test_a_word_names_the_label_that_means_the_same(
    one: LabelSpace, word: str, label: str | None
) -> None:
    assert one.find(word) == label


def test_a_word_that_may_be_two_labels_names_neither() -> None:
    both = LabelSpace("both", ("joy", "happiness", "sad"))
    assert both.find("joy") == "joy"
    assert both.find("happy") is None


def test_a_space_in_our_words_keeps_its_order_unless_two_labels_are_one_word() -> None:
    ours = MELD7.plain()
    assert ours is not None
    assert ours.labels == ("angry", "happy", "sad", "neutral", "disgust", "fear", "surprise")
    assert space(ours.name) == ours
    assert RAVDESS8.plain() is None


def test_what_a_word_is_spelled_as_is_spelled_as_itself() -> None:
    words = [label for one in SPACES.values() for label in one.labels]
    assert [plain(plain(word)) for word in words] == [plain(word) for word in words]


def test_the_published_indices() -> None:
    assert MELD7.labels.index("neutral") == 3
    assert IEMOCAP4.labels == IEMOCAP6.labels[:4] == ("happy", "sad", "neutral", "anger")
    assert RAVDESS8.labels[5 - 1] == "angry"
    assert DFEW7.labels[6 - 1] == "disgust"
    assert MAFW11.labels[8 - 1] == "contempt"
    assert (FERPLUS8.labels[0], FERPLUS8.labels[7]) == ("neutral", "contempt")
    assert [len(one.labels) for one in (MELD7, RAVDESS8, MAFW11, FERPLUS8)] == [7, 8, 11, 8]
    assert all(a != b for a, b in pairwise(sorted(SPACES)))


def test_a_space_of_ones_own_is_its_labels_with_commas() -> None:
    assert space("Yes, no").labels == ("yes", "no")
    with pytest.raises(ConfigError, match="twice: yes"):
        space("yes,yes")
    with pytest.raises(ConfigError, match="no label space 'mine'"):
        space("mine")


def test_labels_mean_what_they_mean_in_any_spelling() -> None:
    assert expected({"joy": 1.0, "anger": 0.0}) == expected({"happy": 1.0, "angry": 0.0})
    assert expected({"positive": 0.5, "negative": 0.5}) == (None, None)
