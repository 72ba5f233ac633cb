"""Which emotion the words alone suggest, sentence by sentence."""

import re

from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import TextTone, Transcript
from affectlens.perception.ready import ready
from affectlens.perception.settings import VoiceSettings

_LEAST_LETTERS = 4  # "Oh" and "Hm" say nothing by their spelling
_LEAST_SIGNS = 2  # of a script that writes words or syllables, such as Chinese
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NOT_SPOKEN = re.compile(r"[\[(（【♪*][^\])）】♪*]*[\])）】♪*]")  # "(sighs)", "♪ la la ♪"


def read_tone(
    transcript: Transcript | Missing, settings: VoiceSettings
) -> tuple[TextTone, ...] | Missing:
    """One row for each sentence that says something; interjections and sound notes get none."""
    if isinstance(transcript, Missing):
        return transcript
    spoken = [(s, spoken_text(s.text)) for s in transcript.sentences]
    telling = [(sentence, text) for sentence, text in spoken if says_something(text)]
    if not telling:
        return ()
    net = ready(settings.text)
    if isinstance(net, Missing):
        return net
    rows_KL = net([text for _, text in telling])
    return tuple(
        TextTone(
            sentence.span,
            sentence.person,
            text,
            {label: float(p) for label, p in zip(net.labels, row_L, strict=True)},
        )
        for (sentence, text), row_L in zip(telling, rows_KL, strict=True)
    )


def spoken_text(text: str) -> str:
    """A sentence without notes about sounds."""
    return re.sub(r"\s+", " ", _NOT_SPOKEN.sub(" ", text)).strip()


def says_something(text: str) -> bool:
    """Whether there is enough text to read a tone off."""
    letters = sum(character.isalpha() for character in text)
    return letters >= _LEAST_LETTERS or len(_SIGNS.findall(text)) >= _LEAST_SIGNS
