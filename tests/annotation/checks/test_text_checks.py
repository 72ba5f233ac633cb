"""Language, leakage, length and repetition: texts of people pass, what models do wrong does not."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.checks.drafts import RECIPE, draft, recipe

from affectlens.annotation.check import checker
from affectlens.annotation.languages import languages
from affectlens.annotation.recipe import Recipe
from affectlens.foundation.missing import Missing

EMER = Path(__file__).parents[4] / "shared" / "data" / "emer"
SAYS = {
    "en": "The brows are lowered and the lips are tight, while the voice gets louder.",
    "zh": "视频中的人物眉头紧皱，嘴唇紧闭，说话的声音比平时更大，语气十分严厉。",
    "ja": "映像の人物は眉をひそめ、唇を固く結び、声がいつもより大きくなっている。",
    "ko": "영상 속 인물은 눈썹을 찌푸리고 입술을 굳게 다물며 목소리가 평소보다 커진다.",
    "ru": "Брови опущены, губы сжаты, а голос звучит громче обычного.",
    "ar": "الحاجبان منخفضان والشفتان مشدودتان والصوت أعلى من المعتاد.",
    "el": "Τα φρύδια είναι χαμηλωμένα και η φωνή είναι πιο δυνατή από το συνηθισμένο.",
    "he": "הגבות מכווצות, השפתיים קפוצות והקול חזק מהרגיל.",
    "hi": "भौंहें नीचे हैं, होंठ कसे हुए हैं और आवाज़ सामान्य से तेज़ है।",
    "th": "คิ้วขมวด ริมฝีปากเม้มแน่น และเสียงดังกว่าปกติ",
    "de": "Die Brauen sind gesenkt und die Lippen schmal, während die Stimme lauter wird.",
    "fr": "Les sourcils sont froncés et la bouche est fermée, mais la voix devient plus forte.",
    "es": "Las cejas están bajas y los labios apretados, mientras la voz es más fuerte.",
    "it": "Le sopracciglia sono basse e le labbra strette, mentre la voce è più forte.",
    "pt": "As sobrancelhas estão baixas e os lábios apertados, enquanto a voz é mais alta.",
    "nl": "De wenkbrauwen zijn gefronst en de lippen zijn strak, terwijl de stem luid is.",
    "pl": "Brwi są ściągnięte, a usta zaciśnięte, podczas gdy głos jest głośny i nie drży.",
    "tr": "Kaşlar çatık ve dudaklar sıkı, ses ise daha yüksek ve çok sert bir tonda.",
    "vi": "Lông mày cau lại và môi mím chặt, trong khi giọng nói của người này rất lớn.",
}


def passes(name: str, text: str, wanted: Recipe = RECIPE, subtitle: str | None = None) -> bool:
    """Whether a text passes a check."""
    said = Missing("nobody speaks") if subtitle is None else subtitle
    return checker(name)(draft(fine=text, subtitle=said), wanted).passed


def test_each_language_is_told_from_every_other() -> None:
    assert SAYS.keys() == languages().keys()
    for written, text in SAYS.items():
        for wanted in languages():
            assert passes("language", text, recipe(language=wanted)) == (written == wanted), wanted


def test_a_language_near_to_the_wanted_one_and_words_without_grammar_are_told() -> None:
    text = "O rosto de uma pessoa que está com a boca aberta e para de falar para os outros."
    assert passes("language", text, recipe(language="pt"))
    assert not passes("language", text, recipe(language="es"))
    units = "brows lowered lids tightened lips pressed jaw clenched eyes narrowed chin raised "
    assert not passes("language", units * 2 + "the and is")


def test_what_somebody_says_may_be_in_another_language() -> None:
    said = SAYS["zh"]
    text = f"{SAYS['en']} The person says “{said}” and the person looks down."
    assert passes("language", text)
    assert passes("language", text.replace("“", "").replace("”", ""), subtitle=said)
    assert not passes("language", text.replace("“", "").replace("”", ""))
    assert passes("language", f"“{SAYS['en']}”"), "a model put its whole answer in quotes"
    assert not passes("language", f"“{SAYS['zh']}”")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_what_a_random_model_says_is_not_taken(seed: int) -> None:
    """Pieces of words in any order, or some that never end."""
    chance = np.random.default_rng(seed)
    pieces = [
        "##ing",
        "ate",
        "ort",
        "zu",
        "the",
        "Ġle",
        "ra",
        "qu",
        "tion",
        "▁vi",
        "的",
        "x1",
        "ив",
    ]
    noise = " ".join(chance.choice(pieces, 60))
    loop = " ".join(chance.choice(pieces, chance.integers(1, 7))) + " "
    for text in (noise, loop * 20, "The person feels " + loop * 12):
        assert not (passes("language", text) and passes("repetition", text)), text


@pytest.mark.parametrize(
    "text",
    [
        "Input: The brows are lowered.",
        "The brows are lowered.\nOutput: angry",
        "As an AI language model, I see lowered brows.",
        "Sure, here is the description: the brows are lowered.",
        "Certainly! The brows are lowered.",
        "I'm sorry, but I can't see the video.",
        "The brows are lowered.<|im_end|>",
        "[INST] Describe the face. [/INST] The brows are lowered.",
        "The person feels {label}.",
        "<ImageHere> The brows are lowered.",
        "作为一个人工智能，我看到了皱眉。",
        "The brows are lowered. Let me know if you want more.",
    ],
)
def test_remains_of_prompts_and_chats_are_found(text: str) -> None:
    assert not passes("leakage", text)


@pytest.mark.parametrize(
    "text",
    [
        "The person says “I'm sorry, I can't see the answer: sure!” and looks down.",
        "The person is certainly sure, and their input is heard.",
        "The response is a smile, as an aid to the other.",
    ],
)
def test_ordinary_words_are_no_remains(text: str) -> None:
    assert passes("leakage", text)


def test_words_are_counted_and_two_chinese_characters_are_one() -> None:
    few = recipe(shortest=4, longest=6)
    assert not passes("length", "One two three.", few)
    assert passes("length", "One two three four, isn't it?", few)
    assert not passes("length", "One two three four five six seven", few)
    assert passes("length", "眉头紧皱表情严肃", few)
    assert not passes("length", "眉头紧皱严肃", few)


def test_loops_and_sentences_that_stand_twice_are_found_and_quoted_ones_are_not() -> None:
    good = "The brows are lowered. The lips are tight."
    assert passes("repetition", good)
    assert not passes("repetition", f"{good} no no no no")
    assert not passes("repetition", f"{good} {'chez' * 9}")
    assert not passes("repetition", f"{good} and very sad and very sad and very sad")
    assert not passes("repetition", f"{good} The person looks away at once. {good}")
    again = "the brows are lowered and the lips are tight"
    assert not passes("repetition", f"At first {again}, then {again}, and at last {again}.")
    assert passes("repetition", f"{good} The person says “No, no, no, no, no!”")
    assert passes("repetition", f"{good} No, no, no, no, no!", subtitle="No, no, no, no, no!")


def test_a_copy_of_the_subtitle_is_found_and_a_quotation_is_not() -> None:
    said = "I have told you so many times that you must not leave the door open at night"
    own = "The brows are lowered and the voice is loud."
    assert not passes("repetition", f"{said[:60]}, the person says angrily.", subtitle=said)
    assert not passes("repetition", said[3:], subtitle=said)
    assert passes("repetition", f"{own} The person says “{said}.”", subtitle=said)
    assert passes(
        "repetition", f"{own} In the words you must not leave, anger shows.", subtitle=said
    )


def test_the_prompt_given_back_is_found() -> None:
    asked = (
        "Please sort out the correct emotional clues and infer why the person in the video feels"
    )
    assert not passes("repetition", f"The brows are lowered. {asked} angry.")
    assert passes("repetition", "The person’s expression and action include lowered brows.")


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="EMER's descriptions are not here: ../shared")
@pytest.mark.parametrize(("file", "column"), [("v1_gt_eng", "reasons"), ("v2_reason", "english")])
def test_what_people_wrote_of_clips_passes(file: str, column: str) -> None:
    texts = rows(file, column)
    wanted = recipe(longest=600)
    for name in ("language", "length", "repetition"):
        good = sum(passes(name, text, wanted) for text in texts)
        assert good >= 0.97 * len(texts), name


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="EMER's descriptions are not here: ../shared")
def test_what_people_wrote_in_chinese_is_chinese_and_never_english() -> None:
    texts = rows("v2_reason", "chinese")
    assert not any(passes("language", text) for text in texts)
    chinese = recipe(language="zh", longest=600)
    for name in ("language", "length", "repetition"):
        assert all(passes(name, text, chinese) for text in texts), name


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="EMER's descriptions are not here: ../shared")
def test_a_quarter_of_published_descriptions_begin_with_input() -> None:
    texts = rows("v2_reason", "english")
    found = [text for text in texts if not passes("leakage", text)]
    assert found == [text for text in texts if text.startswith("Input:")]
    assert len(found) == 88


def rows(file: str, column: str) -> list[str]:
    """A column of one of EMER's files."""
    with (EMER / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        return [row[column] for row in csv.DictReader(lines)]
