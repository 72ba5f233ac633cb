"""What tells each emotion of the toy clips: a face, a voice, words. Drawn by hand, proves nothing.

The numbers follow what FACS says of prototypical faces and Scherer (2003) of voices, made larger.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How a drawn face is set, each about -1 … 1."""

    smile: float  # lip corners: up +, down -
    gape: float  # mouth open, 0–1
    brows: float  # raised +, lowered -
    slant: float  # inner ends of the brows: up +, down -
    eyes: float  # how wide, 0–1


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a voice sounds, against the speaker's own."""

    pitch_st: float  # semitones above the usual
    rise_st: float  # over the clip
    rate_hz: float  # syllables per second
    loudness_db: float  # against full scale
    brightness: float  # share of the harmonics that is kept from one to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One emotion."""

    face: Face
    voice: Voice
    openings: tuple[str, ...]
    sentences: tuple[str, ...]
    looks: str
    sounds: str
    open_vocabulary: tuple[str, ...]
    valence: float
    arousal: float


SIGNS = {
    "neutral": Sign(
        face=Face(smile=0.0, gape=0.1, brows=0.0, slant=0.0, eyes=0.5),
        voice=Voice(pitch_st=0, rise_st=0, rate_hz=4.0, loudness_db=-22, brightness=0.7),
        openings=("Well, ", "So, ", "Then "),
        sentences=(
            "the meeting is on Monday.",
            "the train leaves at nine.",
            "the papers are on the table.",
            "we live in the next street.",
        ),
        looks="The face is at rest",
        sounds="the voice is even",
        open_vocabulary=("neutral", "calm"),
        valence=0.0,
        arousal=0.0,
    ),
    "happy": Sign(
        face=Face(smile=1.0, gape=0.4, brows=0.3, slant=0.0, eyes=0.4),
        voice=Voice(pitch_st=5, rise_st=3, rate_hz=6.0, loudness_db=-17, brightness=0.8),
        openings=("Great, ", "Hooray, ", "How lovely, "),
        sentences=(
            "I am so glad about it!",
            "we won the game!",
            "this is a wonderful day!",
            "I love this present!",
        ),
        looks="The lip corners are pulled up",
        sounds="the voice is high, fast and lively",
        open_vocabulary=("happy", "joyful", "cheerful"),
        valence=0.8,
        arousal=0.5,
    ),
    "sad": Sign(
        face=Face(smile=-0.8, gape=0.05, brows=0.1, slant=0.9, eyes=0.25),
        voice=Voice(pitch_st=-4, rise_st=-3, rate_hz=2.2, loudness_db=-32, brightness=0.5),
        openings=("Alas, ", "Oh dear, ", "Sadly, "),
        sentences=(
            "I miss her so much.",
            "we lost everything.",
            "nobody came to see me.",
            "it is over and I cry.",
        ),
        looks="The lip corners are pulled down and the inner brows raised",
        sounds="the voice is low, slow and soft",
        open_vocabulary=("sad", "sorrowful", "downcast"),
        valence=-0.7,
        arousal=-0.4,
    ),
    "angry": Sign(
        face=Face(smile=-0.4, gape=0.5, brows=-0.9, slant=-1.0, eyes=0.6),
        voice=Voice(pitch_st=2, rise_st=-1, rate_hz=5.0, loudness_db=-10, brightness=0.95),
        openings=("Damn, ", "Enough, ", "Listen, "),
        sentences=(
            "get out of my house!",
            "I hate your lies!",
            "stop it right now!",
            "how dare you do this!",
        ),
        looks="The brows are lowered and drawn together",
        sounds="the voice is loud and harsh",
        open_vocabulary=("angry", "furious", "hostile"),
        valence=-0.7,
        arousal=0.8,
    ),
    "surprise": Sign(
        face=Face(smile=0.1, gape=1.0, brows=1.0, slant=0.2, eyes=1.0),
        voice=Voice(pitch_st=9, rise_st=9, rate_hz=3.0, loudness_db=-16, brightness=0.6),
        openings=("What, ", "Wow, ", "Really, "),
        sentences=(
            "I did not expect that!",
            "where did you come from?",
            "that is unbelievable!",
            "is it already here?",
        ),
        looks="The brows are raised, the eyes wide and the mouth open",
        sounds="the voice is high and rises",
        open_vocabulary=("surprise", "astonished", "amazed"),
        valence=0.2,
        arousal=0.7,
    ),
    "worried": Sign(
        face=Face(smile=-0.3, gape=0.15, brows=0.5, slant=1.0, eyes=0.8),
        voice=Voice(pitch_st=3, rise_st=1, rate_hz=7.0, loudness_db=-27, brightness=0.6),
        openings=("Please, ", "Careful, ", "Hm, "),
        sentences=(
            "what if he is ill?",
            "I fear we are too late.",
            "are you sure that it is safe?",
            "something may have happened to them.",
        ),
        looks="The inner brows are raised and the eyes wide",
        sounds="the voice is soft, quick and tense",
        open_vocabulary=("worried", "anxious", "uneasy"),
        valence=-0.5,
        arousal=0.4,
    ),
}
