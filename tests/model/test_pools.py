"""Instructions are those of the spec to the byte; targets are written as the paper's were."""

import hashlib
import random
import re

import pytest

from affectlens.emotions.spaces import DFEW7, MER6, MER9, space
from affectlens.foundation.errors import ConfigError
from affectlens.model import pools

# The first 8 digits of each instruction's SHA-256, from specs/emotion-llama.md §3.4.
PUBLISHED = {
    "nine_labels": ["bd136f36"],
    "six_labels": ["64bcccde", "81a0449e", "d5054cfb", "196dbdd2", "3e6ad2af"],
    "demo": ["417dfd08"],
    "reason": ["a854cf20", "d8b8f656", "2e8acbab", "8fce6407", "3f937fa6"],
    "caption": ["d00a1198", "6c304ccb", "58165cc2", "e060f605", "acf9eed4", "d6837ebf"],
}


@pytest.mark.parametrize("pool", PUBLISHED)
def test_instructions_are_the_published_ones_to_the_byte(pool: str) -> None:
    texts = pools.instructions("emotion_llama", pool)
    assert [hashlib.sha256(t.encode()).hexdigest()[:8] for t in texts] == PUBLISHED[pool]


def test_what_else_is_in_the_file_is_ours() -> None:
    ours = {"think", "audio", "image", "sentiment"}
    assert set(pools.read("emotion_llama").pools) == set(PUBLISHED) | ours


def test_pools_list_the_labels_of_their_space_in_both_languages() -> None:
    for pool in pools.read("emotion_llama").pools.values():
        if pool.space is None:
            continue
        labels = set(space(pool.space).labels)
        for text in (*pool.by_language["en"], *pool.by_language["zh"]):
            assert {word for word in re.findall("[a-z]+", text) if word in MER9.labels} == labels


def test_every_instruction_has_a_translation() -> None:
    for pool in pools.read("emotion_llama").pools.values():
        assert len(pool.by_language["zh"]) == len(pool.by_language["en"])
        assert all(re.search("[一-鿿]", text) for text in pool.by_language["zh"])


def test_the_first_instruction_is_given_unless_chance_is_asked() -> None:
    first = pools.instruction("emotion_llama", "reason")
    assert first.startswith("Please analyze all the clues")
    drawn = [
        pools.instruction("emotion_llama", "reason", random.Random(seed))  # noqa: S311
        for seed in range(40)
    ]
    assert set(drawn) == set(pools.instructions("emotion_llama", "reason"))
    again = pools.instruction("emotion_llama", "reason", random.Random(0))  # noqa: S311
    assert drawn[0] == again


def test_tasks_draw_from_their_published_pools() -> None:
    wanted = {"emotion": "nine_labels", "reason": "reason", "reason_v2": "reason"}
    for task, pool in wanted.items():
        given = pools.instructions("emotion_llama", task)
        assert given == pools.instructions("emotion_llama", pool)


def test_what_is_unknown_is_told() -> None:
    with pytest.raises(ConfigError, match="no prompts 'emotion_lama'"):
        pools.read("emotion_lama")
    with pytest.raises(ConfigError, match="They have: emotion, reason"):
        pools.instruction("emotion_llama", "sing")
    with pytest.raises(ConfigError, match="en, zh"):
        pools.instruction("emotion_llama", "emotion", language="fr")
    with pytest.raises(ConfigError, match="en, zh"):
        pools.label_question(MER9, "fr")


def test_any_space_can_be_asked_for() -> None:
    assert pools.label_question(DFEW7) == (
        "Please determine which emotion label in the video represents: "
        "happy, sad, neutral, angry, surprise, disgust, fear."
    )
    assert all(label in pools.label_question(DFEW7, "zh") for label in DFEW7.labels)
    published = pools.instruction("emotion_llama", "emotion")
    assert published.startswith(pools.label_question(MER9).split(":")[0])
    assert set(re.findall("[a-z]+", pools.label_question(MER9))) == set(
        re.findall("[a-z]+", published)
    )


@pytest.mark.parametrize(
    ("written", "learned"),
    [
        (
            'In the video, she exclaims, "Oh my." This …',
            "in the video, she exclaims, oh my this …",
        ),
        ("Is it (a) #1: *yes*; ~ no?  It's!\n", "is it a 1 yes no? it's"),
        (". !", ""),
        ("word " * 300, " ".join(["word"] * 200)),
    ],
)
def test_targets_lose_capitals_and_stops(written: str, learned: str) -> None:
    assert pools.clean(written) == learned
    assert pools.clean(learned) == learned


def test_a_space_is_asked_for_with_the_published_words_where_these_list_its_labels() -> None:
    published = (
        "Please determine which emotion label in the video represents: happy, sad, neutral, angry, "
        "worried, surprise, fear, contempt, doubt."
    )
    assert pools.question("emotion_llama", MER9) == published
    assert pools.question("emotion_llama", MER6) == published
    assert pools.question("emotion_llama", DFEW7) == pools.label_question(DFEW7)
