"""Scenes, and what is false and what is true of each."""

from tests.reasoning.scenes import USUAL, face, percepts, smile, tone, utterance

from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Percepts, SoundEvent


def two_people() -> Percepts:
    """P1 smiles early and laughs; P2 frowns late and speaks up."""
    return percepts(
        faces=[
            face("P1", duration_s=10, bursts={"AU12": (1, 3, 3.0), "AU06": (1, 3, 2.0)}),
            face("P2", duration_s=10, bursts={"AU04": (6, 8, 3.0), "AU23": (6, 8, 2.5)}),
        ],
        utterances=[
            utterance(0.5, 3.0, "P1"),
            utterance(5.5, 8.0, "P2", pitch_hz=230.0, loudness_db=-12.0, rate_hz=6.5),
        ],
        baselines={"P1": USUAL, "P2": USUAL},
        events=[SoundEvent(Span(1.5, 2.5), "laughter", 0.8)],
        tones=[
            tone(0.5, 3.0, "That is wonderful news.", "happy", "P1"),
            tone(5.5, 8.0, "I have had enough of this!", "angry", "P2"),
        ],
    )


SCENES = {
    "smile": smile(),
    "two": two_people(),
    "calm": percepts(faces=[face()]),
    "sad": percepts(
        faces=[face(bursts={"AU01": (0, 4, 2.5), "AU15": (0, 4, 2.5)}, expression="sad")],
        utterances=[utterance(1, 3, pitch_hz=110.0, loudness_db=-34.0, rate_hz=2.6)],
        baselines={"P1": USUAL},
        events=[SoundEvent(Span(2, 3), "crying", 0.7)],
        tones=[tone(1, 3, "I miss her so much.", "sad")],
    ),
    "voice": percepts(
        utterances=[utterance(2, 4, "V1", pitch_hz=240.0, loudness_db=-12.0)],
        baselines={"V1": USUAL},
    ),
    "still": percepts(faces=[face(duration_s=0, bursts={"AU01": (0, 0, 3), "AU26": (0, 0, 3)})]),
}

# None of these is so in any scene that it is put into.
FALSE = {
    "smile": (
        "P1 frowns at 2.0 s.",
        "The brows of P1 are lowered (AU04).",
        "The nose of P1 is wrinkled.",
        "P1 lowers the eyebrows from 1.0 to 2.0 s.",
        "AU15 is active in P1.",
        "The corners of the mouth of P1 turn down.",
        "P1 cries at 2.0 s.",
        "Tears run down the cheeks of P1.",
        "The voice of P1 is trembling.",
        "P1 speaks in a loud voice.",
        "P1 says “I hate you”.",
        "P1 clenches the fists.",
        "P2 smiles.",
        "P1 smiles at 4.6 s.",
        "P1 does not smile.",
        "There is no laughter.",
        "P1 laughs at 0:04.",
    ),
    "two": (
        "P2 smiles from 1.0 to 3.0 s.",
        "P1 lowers the brows.",
        "P1 speaks louder than usual.",
        "P2 speaks slowly.",
        "P2 whispers at 6.0 s.",
        "The words of P2 read as happy.",
        "P1 says “I have had enough of this”.",
        "P2 laughs.",
        "P2 raises the eyebrows in the first two seconds.",
        "In the first two seconds P2 tightens the lips.",
        "P1 screams at 7.0 s.",
        "The voice of P2 is monotone.",
        "P2 speaks louder than usual (+25.0 dB).",
        "P1 grins at 0:09.",
        "P3 looks away.",
    ),
    "calm": (
        "P1 smiles.",
        "P1 shows raised eyebrows.",
        "P1 opens the mouth wide.",
        "P1 stares with wide eyes.",
        "The eyes of P1 are closed.",
        "P1 turns the head away.",
        "P1 sighs at 1.0 s.",
        "P1 speaks fast.",
        "The room is dimly lit.",
        "P1 says “hello”.",
    ),
    "sad": (
        "P1 laughs softly.",
        "P1 shows a broad smile.",
        "The jaw of P1 drops.",
        "P1 speaks in a high-pitched voice.",
        "P1 shouts at 2.0 s.",
        "The voice of P1 is louder than usual.",
        "P1 says “I love her”.",
        "The inner brows of P1 are not raised.",
        "P1 nods.",
        "The face of P1 looks happy to the expression net.",
    ),
    "voice": (
        "V1 smiles.",
        "V1 speaks quietly.",
        "The pitch of V1 is lower than usual.",
        "V1 is crying.",
        "V1 speaks in a deep voice at 3.0 s.",
        "Music plays in the background.",
        "V1 raises the voice at 0:09.",
    ),
    "still": (
        "P1 smiles.",
        "P1 presses the lips together.",
        "The brows of P1 are furrowed.",
        "P1 has closed eyes.",
        "P1 wrinkles the nose.",
    ),
}


# Written without the patterns at hand, as a language model might word them.
FREE_FALSE = {
    "smile": (
        "He looks upset, with his eyebrows knitted together.",
        "She seems close to tears, her lower lip quivering.",
        "P1's gaze drops to the floor.",
        "A deep sigh escapes at 2.0 s.",
        "P1 speaks in a monotone voice.",
        "At 0:02 P1 mutters “leave me alone”.",
        "His jaw is clenched.",
        "P1 gasps.",
        "The person rolls their eyes.",
        "The voice cracks at 1.5 s.",
        "A dark, gloomy room surrounds P1.",
        "P1 pulls the corners of the mouth down (AU15).",
        "Her nose crinkles in disgust.",
        "P1 slows down noticeably.",
        "P1's mouth hangs open.",
    ),
    "two": (
        "P1 raises both eyebrows at 7.0 s.",
        "P2 bursts into laughter at 6.5 s.",
        "P1 furrows the brow throughout.",
        "P2 tells a joke with a grin.",
        "P2 lowers the voice to a whisper.",
        "P1 purses the lips.",
        "At 2.0 s P2 presses the lips together.",
        "P1 yells “I have had enough”.",
        "P2 speaks with a high voice at 1.0 s.",
        "P2's cheeks lift as the mouth corners go up.",
    ),
    "calm": (
        "P1 beams with joy.",
        "P1 looks down.",
        "There is a loud scream.",
        "P1 bites the lip.",
        "P1's eyebrows shoot up.",
        "Loud music plays.",
        "P1 breathes heavily.",
        "P1 sneers.",
        "P1 squints.",
        "P1 tilts the head.",
    ),
    "sad": (
        "P1 chuckles at 2.5 s.",
        "P1's eyes widen.",
        "P1 talks rapidly.",
        "P1 raises the outer brows.",
        "P1 yells.",
        "P1 speaks cheerfully: “What a day”.",
        "P1 smirks.",
        "AU12 and AU06 are active.",
        "The scene is brightly lit.",
        "P1 shrugs.",
    ),
}

FREE_TRUE = {
    "smile": (
        "P1 is smiling from ear to ear.",
        "A laugh is heard at around 2 s.",
        "P1 says “wonderful news”.",
        "The cheeks of P1 are raised between 1 and 3 s.",
        "AU12 peaks at 1.0 s.",
        "P1 does not cry.",
        "The words sound happy.",
        "P1 grins and laughs.",
        "There are no cuts.",
        "P1's face is at rest after the smile.",
    ),
    "two": (
        "P2 frowns at 7.0 s.",
        "P2 presses the lips together at 6.5 s.",
        "P2 is louder than usual (+13.0 dB).",
        "P1 laughs at 2.0 s.",
        "P2 speaks fast and in a high-pitched voice.",
        "P2 says “enough of this”.",
        "P1 smiles while P2 does not smile.",
    ),
    "sad": (
        "P1 is crying at 2.5 s.",
        "The inner eyebrows of P1 are raised.",
        "P1's mouth corners turn down.",
        "P1 speaks slowly and quietly, in a low voice.",
        "P1 says “I miss her”.",
        "The face of P1 looks sad to the expression net.",
    ),
}
