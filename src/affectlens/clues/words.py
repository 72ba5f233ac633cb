"""Clues of words: what was said, and how the words alone read."""

from dataclasses import replace
from typing import TypeVar

from affectlens.clues.clue import Clue
from affectlens.clues.phrasebook import Phrasebook
from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import Percepts, Sentence, TextTone

_Piece = TypeVar("_Piece", Sentence, TextTone)

# Probability of a label, and its lead over the next, from which words are told as a tone.
_SURE, _LEAD = 0.4, 0.1
# Words alone say little about what a person expresses.
_STRENGTH = 0.8
_QUOTE_STRENGTH = 0.5
# Words, and in scripts without spaces characters, after which a quotation is cut.
_QUOTE_WORDS, _QUOTE_SIGNS = 12, 60
# Whose words are when nobody is seen or heard: of a text, or of the subtitles of a mute film.
WRITER = "T1"


def signed(percepts: Percepts) -> Percepts:
    """The same percepts; words alone, with nobody seen or heard, get a person: "T1"."""
    transcript = percepts.transcript
    somebody = any(
        not isinstance(found, Missing) and found for found in (percepts.faces, percepts.utterances)
    )
    if somebody or isinstance(transcript, Missing):
        return percepts
    tone = percepts.tone
    return replace(
        percepts,
        transcript=replace(
            transcript, sentences=tuple(_by_writer(s) for s in transcript.sentences)
        ),
        tone=tone if isinstance(tone, Missing) else tuple(_by_writer(t) for t in tone),
    )


def _by_writer(piece: _Piece) -> _Piece:
    """A sentence or its tone with its writer, unless its person is known."""
    return replace(piece, person=WRITER) if isinstance(piece.person, Missing) else piece


def words_clues(percepts: Percepts, book: Phrasebook) -> list[Clue]:
    """Quotations and tones, without ids."""
    tones = () if isinstance(percepts.tone, Missing) else percepts.tone
    clues = [clue for tone in tones if (clue := _tone(tone, book))]
    if isinstance(percepts.transcript, Missing):
        return clues
    for sentence in percepts.transcript.sentences:
        said = quote(sentence.text)
        if said:
            clues.append(
                Clue(
                    id="",
                    modality="words",
                    kind="quote",
                    person=_person(sentence.person),
                    span=sentence.span,
                    text=book.phrase("quote", {"quote": said}),
                    strength=round(_QUOTE_STRENGTH * sentence.confidence, 3),
                    numbers={"confidence": sentence.confidence},
                )
            )
    return clues


def quote(text: str) -> str:
    """A text as it is quoted: on one line, cut when long, without its own marks."""
    words = text.split()
    plain = " ".join(words[:_QUOTE_WORDS])
    plain = plain.replace("“", "'").replace("”", "'").replace('"', "'")
    if len(plain) > _QUOTE_SIGNS and len(plain) > 8 * len(words):
        return plain[:_QUOTE_SIGNS] + "…"
    return plain.rstrip(",;:—– ") + "…" if len(words) > _QUOTE_WORDS else plain.removesuffix(".")


def _tone(tone: TextTone, book: Phrasebook) -> Clue | None:
    """A clue when the words clearly read as an emotion."""
    ranked = sorted(tone.probabilities.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][0] == "neutral":
        return None
    label, top = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if top < _SURE or top - second < _LEAD:
        return None
    return Clue(
        id="",
        modality="words",
        kind=f"tone.{label}",
        person=_person(tone.person),
        span=tone.span,
        text=book.phrase(f"tone.{label}", {"label": label, "quote": quote(tone.text)}),
        strength=round(_STRENGTH * top, 3),
        numbers={"probability": top, "next_probability": second},
    )


def _person(person: str | Missing) -> str | None:
    """A person's id, or None when it is not known."""
    return None if isinstance(person, Missing) else person
