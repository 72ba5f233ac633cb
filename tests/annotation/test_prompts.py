"""Prompts are the authors' to the letter, and leave out what a clip does not have."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.checks.drafts import draft

from affectlens.annotation.describer import TASKS, Task
from affectlens.annotation.prompts import prompts
from affectlens.foundation.chat import Message
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

SHIPPED = ("merr", "emer", "plain")
WORKED: dict[str, Any] = {
    "objective": "The woman in the video is talking to a man, possibly discussing something "
    "important or sharing her thoughts and feelings.",
    "face": "Eyes widened, Wide-mouthed.",
    "tone": "happy",
    "subtitle": "Oh my.",
    "label": "surprise",
}
GONE = Missing("not had")


def test_the_worked_example_of_the_paper_is_asked_to_the_letter() -> None:
    messages = prompts("merr").fill("fine", draft(**WORKED))
    assert messages == (
        Message(
            "system",
            "You are an emotion analysis expert. Please infer emotion label based on the given "
            "the emotional features.",
        ),
        Message(
            "user",
            "The woman in the video is talking to a man, possibly discussing something important "
            "or sharing her thoughts and feelings. The person’s expression and action include "
            "eyes widened, wide-mouthed, and speaking with a happy voice, saying: “Oh my.” Please "
            "sort out the correct emotional clues and infer why the person in the video feels "
            "surprise.",
        ),
    )


def test_the_tone_is_asked_for_as_the_author_says() -> None:
    assert prompts("merr").text("tone", draft()) == (
        "You are a voice emotion expert. Please analyze the input audio and determine the tone of "
        "the speaker in the video from the following options: [joyful, sad, shocked, fearful, "
        "angry, positive, negative, calm, doubtful, dismissive]."
    )
    assert prompts("merr").tasks["tone"].media == ("sound",)
    assert len(prompts("merr").options) == 10


def test_the_picture_is_asked_about_as_the_author_says() -> None:
    asked = prompts("merr")
    assert asked.text("objective", draft()) == (
        "What do you see in the image? Please describe it using words only."
    )
    assert asked.tasks["objective"].media == ("picture",)


def test_clues_and_subtitle_are_merged_as_for_mer_caption() -> None:
    text = prompts("emer").text("fine", draft(**{**WORKED, "objective": GONE}))
    assert text == (
        "Please assume the role of an expert in the field of emotions. We have provided clues from "
        "the video that may be related to the characters' emotional states. In addition, we have "
        "also provided the subtitle content of the video. Please merge all these information to "
        "infer the emotional states of the characters, and provide reasoning for your inferences. "
        "Input: Clue: The person’s face: eyes widened, wide-mouthed. The person’s tone: "
        "happy.；Subtitle: Oh my. Output:"
    )
    bare = prompts("emer").text("fine", draft(**{**WORKED, "subtitle": "Oh my"}))
    assert bare.endswith("；Subtitle: Oh my Output:"), "the subtitle as it is"


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("task", TASKS)
def test_nothing_leaks_whatever_is_missing(name: str, task: Task) -> None:
    for absent in itertools.chain.from_iterable(
        itertools.combinations((*WORKED, "fine"), n) for n in range(7)
    ):
        odd: dict[str, Any] = {one: f"Qqq{one}" for one in (*WORKED, "fine")}
        made = draft(**{**odd, **dict.fromkeys(absent, GONE)})
        text = prompts(name).text(task, made, ("The nose moves.",))
        assert text
        assert not any(sign in text for sign in ("None", "Missing", "not had", "{", "}", "  "))
        assert not any(f"qq{one}" in text for one in absent)


def test_our_own_prompts_tell_no_label_beforehand() -> None:
    for task in TASKS:
        secret = draft(**{**WORKED, "fine": "It is so.", "label": "zorrow"})
        assert "zorrow" not in prompts("plain").text(task, secret, ("No.",))
    assert "zorrow" in prompts("merr").text("fine", draft(label="zorrow"))


def test_what_was_measured_is_at_hand() -> None:
    text = prompts("plain").text("fine", draft())
    assert "- face, 1.0 to 3.0 s: lip corners pulled up (AU12)" in text
    assert "neutral, angry, happy, sad, worried, surprise, fear, contempt, doubt" in text


def test_faults_are_listed_in_what_asks_for_a_rewrite() -> None:
    text = prompts("merr").text("rewrite", draft(fine="A. B. C.", label="sad"), ("A.", "C."))
    assert "\nA. B. C.\n" in text
    assert "\n- A.\n- C.\n" in text
    assert "\n " not in text


@given(st.text(st.characters(exclude_characters="{}"), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_what_models_and_people_say_stands_in_prompts_as_text(said: str) -> None:
    made = draft(**{**WORKED, "subtitle": said, "objective": said, "face": said, "tone": said})
    for name, task in itertools.product(SHIPPED, TASKS):
        text = prompts(name).text(task, made)
        assert "{" not in text
        assert "}" not in text


def test_braces_that_somebody_said_are_no_fields() -> None:
    said = "{label} {0} {face.__class__} }"
    assert f"“{said}.”" in prompts("merr").text("fine", draft(**{**WORKED, "subtitle": said}))


def own(folder: Path, old: str, new: str) -> str:
    """A file of one's own: MERR's, changed in one place."""
    shipped = Path(__file__).parents[2] / "src/affectlens/annotation/prompts/merr.toml"
    text = shipped.read_text("utf-8")
    assert old in text
    path = folder / "own.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return str(path)


def test_a_file_of_ones_own_counts_by_its_content(tmp_path: Path) -> None:
    same = prompts(own(tmp_path, "# Ours: the paper drops", "# We: the paper drops"))
    assert same.sha256 == prompts("merr").sha256
    other = prompts(own(tmp_path, "using words only", "in words"))
    assert other.sha256 != prompts("merr").sha256
    assert other.text("objective", draft()).endswith("Please describe it in words.")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{label}", "{labelx}", ["{labelx}", "Did you mean 'label'", "fine.user", "own.toml"]),
        ("{objective}", "{objective.__class__}", ["{objective.__class__}"]),
        ("{objective}", "{objective!r}", ["{objective!r}"]),
        ("{objective}", "{objective:>99}", ["{objective:>99}"]),
        ("{objective}", "{}", ["no field {}"]),
        ("{objective}", "{objective", ["is no template", "written twice"]),
        ("[rewrite]", "[rewrites]", ["rewrites", "Did you mean 'rewrite'"]),
        ('media = ["sound"]', 'media = ["audio"]', ["picture and sound", "audio"]),
        ('media = ["sound"]', 'medium = ["sound"]', ["tone has no 'medium'", "'media'"]),
        ('user = ["What do you see', 'user = "What do you see', ["not TOML"]),
        ('source = "Emo', "source = 5\n[x]\ny = 'Emo", ["not TOML"]),
        ("options = [", "options = [1, ", ["options is a list of texts"]),
        ("  {options}", "", ["never in the file"]),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    if "never" in words[0]:
        old, new, words = "options = [", "options = []\nspare = [", ["no 'spare'"]
    with pytest.raises(ConfigError) as caught:
        prompts(own(tmp_path, old, new))
    assert all(word in str(caught.value) for word in words), caught.value


def test_options_that_are_asked_for_must_be_there(tmp_path: Path) -> None:
    path = own(tmp_path, "[face]", "[face]")
    text = Path(path).read_text("utf-8")
    start, end = text.index("options = ["), text.index("# Ours: the paper words")
    Path(path).write_text(text[:start] + text[end:], "utf-8")
    with pytest.raises(ConfigError, match=r"no field \{options\}"):
        prompts(path)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'mer'.*Did you mean 'merr'.*emer, merr, plain"):
        prompts("mer")
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        prompts("nowhere.toml")
