"""What trainers read of an annotation."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.annotation.formats.made_annotations import made, several

from affectlens.annotation.annotation import Media
from affectlens.annotation.conversation import PLACEHOLDERS, media_of, trainer_fields, turns
from affectlens.annotation.document import from_json, to_json
from affectlens.emotions.spaces import DFEW7, MER9
from affectlens.foundation.missing import Missing
from affectlens.model.pools import instructions

GONE = Missing("not in this test")
FEW = hypothesis_settings(deadline=None, max_examples=60)
odd = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>|/videoag"))
tags = st.sampled_from(
    ["<video>", "<audio>", "<image>", "<<video>>", "<|im_end|>", "<vid<video>eo>"]
)


def test_each_medium_has_its_placeholder_first_in_the_question() -> None:
    firsts = {one.id: turns(one)[0]["content"].split("The person")[0] for one in several()}
    assert firsts == {
        "clip": "<video>\n<audio>\n", "voice": "<audio>\n", "face": "<image>\n", "words": "",
    }  # fmt: skip


def test_the_answer_is_the_fine_description_else_the_coarse_one() -> None:
    assert turns(made())[1] == {"role": "assistant", "content": "He doubts it."}
    assert turns(made(fine=GONE))[1]["content"] == "This person is in a room."
    assert turns(made(fine=" \n"))[1]["content"] == "This person is in a room."


def test_there_is_no_question_without_an_answer() -> None:
    assert turns(made(fine=GONE, coarse=GONE)) == []
    assert turns(made(label=GONE), "emotion") == []
    assert trainer_fields(made(fine=GONE, coarse=""))["messages"] == []


def test_questions_are_the_published_ones_and_all_of_them_are_asked() -> None:
    asked = {turns(made(f"clip{i}"))[0]["content"].rsplit("\n", 1)[1] for i in range(100)}
    assert asked == set(instructions("emotion_llama", "reason"))


def test_the_same_clip_is_asked_the_same_on_every_machine() -> None:
    pool = instructions("emotion_llama", "reason")
    asked = [turns(made(f"sample_{i}"))[0]["content"].rsplit("\n", 1)[1] for i in range(8)]
    assert [pool.index(one) for one in asked] == [1, 0, 1, 0, 0, 1, 4, 0]


def test_the_label_is_asked_for_with_the_labels_of_its_space() -> None:
    for space in (MER9, DFEW7):
        question, answer = turns(made(), "emotion", space)
        assert all(label in question["content"] for label in space.labels)
        assert answer["content"] == "doubt"


def test_a_chinese_description_is_asked_for_in_chinese() -> None:
    question = turns(made(fine="他皱着眉头，看起来很怀疑。"))[0]["content"]
    assert "视频中的人物说：Is that you?" in question
    assert question.rsplit("\n", 1)[1] in instructions("emotion_llama", "reason", language="zh")
    quoting = "He says “是你啊” in a low voice and frowns."
    assert "The person in video says" in turns(made(fine=quoting))[0]["content"]


@FEW
@given(st.lists(odd | tags).map("".join), st.lists(odd | tags).map("".join))
def test_nothing_that_anybody_says_becomes_a_placeholder(said: str, told: str) -> None:
    one = made(subtitle=said, fine=told)
    texts = [turn["content"] for turn in turns(one)]
    for key, placeholder in PLACEHOLDERS.items():
        assert sum(text.count(placeholder) for text in texts) == len(media_of(one)[key])
    assert not any("<|im_end|>" in text for text in texts)


def test_what_is_neutralised_can_still_be_read() -> None:
    question, answer = turns(made(subtitle="see <video> 1 < 2 > 0", fine="</img>"))
    assert "says: see ‹video› 1 < 2 > 0\n" in question["content"]
    assert answer["content"] == "‹/img›"


def test_all_keys_are_always_there_as_lists() -> None:
    bare = made("words", labels=GONE, fine=GONE, coarse=GONE, media=Media())
    assert trainer_fields(bare) == {
        "messages": [], "videos": [], "audios": [], "images": [], "ov_labels": [],
    }  # fmt: skip
    assert trainer_fields(made())["ov_labels"] == ["doubtful", "tense"]


@pytest.mark.parametrize("name", ["clip", "words"])
def test_the_document_with_them_is_read_back_the_same(name: str) -> None:
    assert from_json(to_json(made(name))) == made(name)
