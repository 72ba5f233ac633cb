"""Small percepts that tests of clues and reasoning are made with."""

# T moments of a track, E moments of the expression net, L labels

from collections.abc import Mapping, Sequence

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import (
    ACTION_UNITS,
    ActionUnit,
    Baseline,
    Expression,
    FaceTrack,
    Percepts,
    Sentence,
    Shot,
    SoundEvent,
    TextTone,
    Transcript,
    Trust,
    Utterance,
)

RATE_HZ = 12.5
NET = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")

Bursts = Mapping[str, tuple[float, float, float]]  # action unit → start, end, intensity


def face(
    person: str = "P1",
    *,
    duration_s: float = 5.0,
    bursts: Bursts | None = None,
    expression: str | None = None,
    trust: Trust = "good",
) -> FaceTrack:
    """A face that is calm but for bursts of action units."""
    times_T = np.arange(0, duration_s, 1 / RATE_HZ)
    if not len(times_T):
        times_T = np.zeros(1)
    units: dict[str, ActionUnit | Missing] = {}
    for name in ACTION_UNITS:
        intensity_T = np.full(len(times_T), 0.1, np.float32)
        start_s, end_s, level = (bursts or {}).get(name, (0.0, -1.0, 0.0))
        intensity_T[(times_T >= start_s) & (times_T <= end_s)] = level
        units[name] = ActionUnit(intensity_T, trust)
    units["AU09"] = Missing("the face model does not measure the nose")
    return FaceTrack(
        person=person,
        times_T=times_T,
        boxes_T4=np.tile(np.array([0.4, 0.2, 0.6, 0.5], np.float32), (len(times_T), 1)),
        confidence_T=np.full(len(times_T), 0.9, np.float32),
        pose_T3=np.zeros((len(times_T), 3), np.float32),
        mouth_open_T=np.zeros(len(times_T), np.float32),
        blendshapes={},
        action_units=units,
        expression=opinion(times_T, expression) if expression else Missing("no expression net"),
    )


def opinion(times_E: np.ndarray[tuple[int], np.dtype[np.float64]], label: str) -> Expression:
    """An expression net that is sure of one label."""
    rows_EL = np.full((len(times_E), len(NET)), 0.2 / (len(NET) - 1), np.float32)
    rows_EL[:, NET.index(label)] = 0.8
    return Expression(NET, times_E, rows_EL)


def utterance(
    start_s: float, end_s: float, person: str | Missing = "P1", **numbers: float | None
) -> Utterance:
    """An utterance at a voice's usual but for some numbers."""
    usual: dict[str, float | None] = {
        "pitch_hz": 150.0,
        "pitch_range_st": 6.0,
        "pitch_slope_st_s": 0.0,
        "loudness_db": -25.0,
        "loudness_range_db": 14.0,
        "rate_hz": 4.2,
        "brightness_db": -10.0,
        "pause_before_s": None,
    }
    return Utterance(span=Span(start_s, end_s), person=person, **{**usual, **numbers})


USUAL = Baseline(
    pitch_hz=150.0,
    pitch_range_st=6.0,
    loudness_db=-25.0,
    rate_hz=4.2,
    brightness_db=-10.0,
    utterances=5,
)


def tone(start_s: float, end_s: float, text: str, label: str, person: str = "P1") -> TextTone:
    """A sentence that the text net is fairly sure of."""
    rest = {name: 0.3 / (len(NET) - 1) for name in NET}
    return TextTone(Span(start_s, end_s), person, text, {**rest, label: 0.7})


def percepts(
    *,
    faces: Sequence[FaceTrack] | None = None,
    utterances: Sequence[Utterance] | None = None,
    baselines: Mapping[str, Baseline] | None = None,
    events: Sequence[SoundEvent] | None = None,
    tones: Sequence[TextTone] | None = None,
    shots: Sequence[Shot] | None = None,
) -> Percepts:
    """Percepts of which all that is not given is missing; the words are those of the tones."""
    sentences = tuple(Sentence(t.span, t.text, (), t.person, 0.9) for t in tones or ())
    return Percepts(
        faces=Missing("the input has no video") if faces is None else tuple(faces),
        shots=Missing("the input has no video") if shots is None else tuple(shots),
        voice=Missing("the input has no sound"),
        utterances=Missing("the input has no sound") if utterances is None else tuple(utterances),
        baselines=baselines or {},
        events=Missing("the input has no sound") if events is None else tuple(events),
        transcript=(
            Missing("nobody speaks")
            if tones is None
            else Transcript(sentences, "en", 0.99, "speech")
        ),
        tone=Missing("nobody speaks") if tones is None else tuple(tones),
    )


def smile(duration_s: float = 5.0) -> Percepts:
    """A person who smiles and laughs from 1 to 3 s."""
    return percepts(
        faces=[
            face(
                duration_s=duration_s,
                bursts={"AU12": (1.0, 3.0, 3.2), "AU06": (1.0, 3.0, 2.4)},
                expression="happy",
            )
        ],
        utterances=[utterance(0.5, 2.0)],
        events=[SoundEvent(Span(1.5, 2.5), "laughter", 0.8)],
        tones=[tone(0.5, 2.0, "That is wonderful news.", "happy")],
        shots=[Shot(Span(0, duration_s), 0.5, 0.2, 0.0, 0.3, 0.1)],
    )
