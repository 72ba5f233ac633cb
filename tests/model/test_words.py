"""Lists of emotion words as models write them, and the labels they name."""

import pytest

from affectlens.emotions.spaces import MER6
from affectlens.model.words import labels_of, words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("happy, sad", ("happy", "sad")),
        ("Happy, sad and worried.", ("happy", "sad", "worried")),
        ("happy, sad, and worried", ("happy", "sad", "worried")),
        ("Emotions: happy; sad", ("happy", "sad")),
        ("The emotions are: ['Happy', \"sad\"]. He smiles.", ("happy", "sad")),
        ('{"emotions": ["relieved", "proud"]}', ("relieved", "proud")),
        ('```json\n["angry",\n "tense"]\n```', ("angry", "tense")),
        ("1. happy\n2. let down\n3) sad", ("happy", "let down", "sad")),
        ("- **happy**\n- *sad*", ("happy", "sad")),
        ("happy, Happy, HAPPY", ("happy",)),
        ("开心、平和，愤怒", ("开心", "平和", "愤怒")),
        ("开心和平和", ("开心", "平和")),
        ("情绪：悲伤以及失望。", ("悲伤", "失望")),
        ("self-conscious / ill at ease", ("self-conscious", "ill at ease")),
        ("android, brand, sandy", ("android", "brand", "sandy")),
        ("", ()),
        (" , ;\n", ()),
        ("[]", ()),
    ],
)
def test_lists_become_words(text: str, wanted: tuple[str, ...]) -> None:
    assert words(text) == wanted


def test_words_name_labels_once_and_unknown_words_name_none() -> None:
    assert labels_of(("joy", "happy", "nostalgic", "anger"), MER6) == ("happy", "angry")


def test_sentences_come_back_as_they_stand() -> None:
    found = words("The person seems content with the result")
    assert found == ("the person seems content with the result",)
    assert labels_of(found, MER6) == ()
