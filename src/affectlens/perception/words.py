"""What is said: from subtitles where there are any, else by speech recognition."""

# S samples

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Cue, Sound
from affectlens.media.subtitles import timed_words
from affectlens.perception.observers import Transcriber
from affectlens.perception.percepts import Floats, Sentence, Transcript, Word
from affectlens.perception.ready import ready
from affectlens.perception.settings import VoiceSettings

# Only speech goes to the recogniser: stretches with a little sound around them, long pauses cut.
_AROUND_S, _KEPT_PAUSE_S, _CUT_PAUSE_S = 0.5, 0.6, 0.4
_WINDOW_S = 24.0  # of joined speech; Whisper takes 30 s and wants some silence at the end
_LANGUAGE_SURE = 0.7  # from then on the language is not asked again
NOBODY = Missing("nobody was assigned yet")


def transcribe(
    clip: Clip,
    speech: Sequence[Span] | Missing,
    settings: VoiceSettings,
    *,
    progress: Progress = silent,
) -> Transcript | Missing:
    """Everything that is said, on the clip's clock; no person is named yet."""
    if settings.words == "none":
        return Missing("words are switched off (perception.voice.words is none)")
    if settings.words in ("auto", "subtitles") and not isinstance(clip.subtitles, Missing):
        return from_subtitles(clip.subtitles, settings.language)
    if settings.words == "subtitles":
        return Missing(str(clip.subtitles))
    if isinstance(clip.sound, Missing):
        return clip.sound
    if isinstance(speech, Missing):
        return speech
    if not speech:
        return Missing(f"nobody speaks in {clip.name}")
    net = ready(settings.transcriber, threads=settings.threads)
    if isinstance(net, Missing):
        return net
    return recognise(clip.sound, speech, net, settings.language, progress=progress)


def from_subtitles(cues: Sequence[Cue], language: str | None) -> Transcript:
    """Subtitles as sentences."""
    sentences = tuple(
        Sentence(
            cue.span,
            cue.text,
            tuple(Word(span, text, 1.0) for span, text in timed_words(cue)),
            NOBODY,
            1.0,
        )
        for cue in cues
        if cue.text.strip()
    )
    return Transcript(sentences, language, None if language is None else 1.0, "subtitles")


def recognise(
    sound: Sound,
    speech: Sequence[Span],
    net: Transcriber,
    language: str | None,
    *,
    progress: Progress = silent,
) -> Transcript:
    """Speech recognition, window after window; the language is found once and then kept."""
    sentences: list[Sentence] = []
    known, best, confidence = language, language, 1.0 if language else 0.0
    for group in windows(speech, sound.duration_s):
        window = Window.read(sound, group)
        part = net(window.samples_S, window.speech, known)
        sentences += [_trimmed(window.to_clip(found), speech) for found in part.sentences]
        if known is None and (part.language_confidence or 0.0) > confidence:
            best, confidence = part.language, part.language_confidence or 0.0
            known = best if confidence >= _LANGUAGE_SURE else None
        progress("words", min(1.0, group[-1].end_s / max(sound.duration_s, 1e-9)))
    if not sentences:  # what was not understood has no language either
        best = language
    return Transcript(tuple(sentences), best, confidence if best else None, "speech")


def _trimmed(sentence: Sentence, speech: Sequence[Span]) -> Sentence:
    """The sentence without the silence that a recogniser adds to the words beside it."""
    words = tuple(Word(_within(w.span, speech), w.text, w.confidence) for w in sentence.words)
    span = _within(sentence.span, speech)
    return Sentence(span, sentence.text, words, sentence.person, sentence.confidence)


def _within(span: Span, speech: Sequence[Span]) -> Span:
    """A span cut to the speech that it meets; as it is when it meets none."""
    first = bisect.bisect_right(speech, span.start_s, key=lambda s: s.end_s)
    last = bisect.bisect_left(speech, span.end_s, key=lambda s: s.start_s) - 1
    if first > last:
        return span
    start_s = max(span.start_s, speech[first].start_s)
    return Span(start_s, max(start_s, min(span.end_s, speech[last].end_s)))


def windows(speech: Sequence[Span], duration_s: float) -> Iterator[list[Span]]:
    """Stretches to recognise, widened a little, in groups of at most 24 s."""
    group: list[Span] = []
    last_s = 0.0
    nexts = [span.start_s for span in speech[1:]] + [duration_s]
    for span, next_s in zip(speech, nexts, strict=True):
        start_s = max(last_s, span.start_s - _AROUND_S)
        wide = Span(start_s, max(start_s, min(span.end_s + _AROUND_S, next_s)))
        last_s = wide.end_s
        if group and sum(s.duration_s + _CUT_PAUSE_S for s in [*group, wide]) > _WINDOW_S:
            yield group
            group = []
        group.append(wide)
    if group:
        yield group


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Stretches of speech joined, with what it takes to find their times again."""

    samples_S: Floats
    speech: tuple[Span, ...]  # on the window's own clock
    origins: tuple[Span, ...]  # the same on the clip's

    @classmethod
    def read(cls, sound: Sound, group: Sequence[Span]) -> "Window":
        """Read a group's sound; a short pause stays, a long one becomes 0.4 s of silence."""
        parts: list[Floats] = []
        speech: list[Span] = []
        length = 0
        for i, span in enumerate(group):
            if i:
                pause = Span(group[i - 1].end_s, span.start_s)
                kept = pause.duration_s <= _KEPT_PAUSE_S
                cut_S = np.zeros(round(_CUT_PAUSE_S * SOUND_RATE_HZ), np.float32)
                parts.append(sound.read(pause) if kept else cut_S)
                length += len(parts[-1])
            parts.append(sound.read(span))
            stop = length + len(parts[-1])
            speech.append(Span(length / SOUND_RATE_HZ, stop / SOUND_RATE_HZ))
            length = stop
        return cls(np.concatenate(parts), tuple(speech), tuple(group))

    def to_clip(self, sentence: Sentence) -> Sentence:
        """A sentence on the clip's clock."""
        words = tuple(Word(self._span(w.span), w.text, w.confidence) for w in sentence.words)
        span = self._span(sentence.span)
        return Sentence(span, sentence.text, words, NOBODY, sentence.confidence)

    def _span(self, span: Span) -> Span:
        start_s = self._time(span.start_s)
        return Span(start_s, max(start_s, self._time(span.end_s, ending=True)))

    def _time(self, time_s: float, *, ending: bool = False) -> float:
        """A moment on the clip's clock; one inside a cut pause belongs to the nearer stretch."""
        starts = [span.start_s for span in self.speech]
        find = bisect.bisect_left if ending else bisect.bisect_right
        i = max(0, find(starts, time_s) - 1)
        if not ending and i + 1 < len(starts) and starts[i + 1] - time_s < 0.05:
            i += 1
        own, origin = self.speech[i], self.origins[i]
        return min(max(origin.start_s, origin.start_s + time_s - own.start_s), origin.end_s)
