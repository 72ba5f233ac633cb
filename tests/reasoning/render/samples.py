"""Small made-up analyses that the renderers are tried on."""

import math
from dataclasses import replace

from affectlens.clues.clue import Clue
from affectlens.emotions.spaces import MER6
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import ACTION_UNITS
from affectlens.reasoning.analysis import (
    Absence,
    ActionUnitSummary,
    Analysis,
    Claim,
    Conflict,
    Explanation,
    InputFacts,
    Person,
    Run,
    Said,
    Segment,
    Track,
)

HOSTILE = "<img src=x onerror=alert(1)> \"双引号\" & 'é' ]]> --> </script>\n\n=1+1 \x1b[31m\x00"
NO_AU09 = "the mesh cannot see a wrinkled nose"


def probabilities(label: str | None, share: float) -> dict[str, float]:
    """Shares of the six labels, `share` of them on one."""
    if label is None:
        return dict.fromkeys(MER6.labels, 1 / 6)
    rest = (1 - share) / (len(MER6.labels) - 1)
    return {name: share if name == label else rest for name in MER6.labels}


def segment(start_s: float, end_s: float, label: str | None, share: float, *clues: str) -> Segment:
    """One person in one window."""
    shares = probabilities(label, share)
    return Segment(Span(start_s, end_s), label, shares, share, {"face": shares}, clues)


def units(times_s: tuple[float, ...], seed: int) -> dict[str, ActionUnitSummary | str]:
    """Every action unit as slow waves; AU09 is missing."""
    found: dict[str, ActionUnitSummary | str] = {}
    for i, name in enumerate(ACTION_UNITS):
        series = tuple(
            round(
                5 * max(0.0, math.sin(t * (0.4 + 0.07 * i) + i + seed)) * (1 if i % 3 else 0.4), 3
            )
            for t in times_s
        )
        peak = max(series)
        summary = ActionUnitSummary(
            ("good", "fair", "low")[i % 3],
            sum(series) / len(series),
            peak,
            times_s[series.index(peak)],
            series,
        )
        found[name] = NO_AU09 if name == "AU09" else summary
    return found


def track(left: float, duration_s: float) -> Track:
    """A face that drifts, 10 moments per second, away from 3.0 to 3.6 s."""
    times_s = tuple(i / 10 for i in range(int(duration_s * 10)) if not 30 <= i < 36)
    boxes = tuple((x := left + 0.05 * math.sin(t), 0.22, x + 0.24, 0.22 + 0.42) for t in times_s)
    return Track(times_s, boxes, (Span(0.0, 2.9), Span(3.6, duration_s)))


def person(identity: str, label: str | None, left: float, segments: tuple[Segment, ...]) -> Person:
    """One person with a track and action units."""
    path = track(left, 6.0)
    share = 0.82 if label else 0.24
    return Person(
        id=identity,
        label=label,
        probabilities=probabilities(label, share),
        confidence=share,
        open_vocabulary=("delighted", "amused") if label else (),
        valence=0.61 if label else None,
        arousal=0.35 if label else None,
        peak_time_s=4.2,
        speaking_s=2.5,
        track=path,
        segments=segments,
        conflicts=(),
        action_units=units(path.times_s, len(identity) + (label is None)),
    )


CLUES = (
    Clue("c1", "scene", "shot.dark", None, Span(0, 6), "a dark, still shot", 0.4, {"luma": 0.21}),
    Clue(
        "c2", "face", "AU12", "P1", Span(0.4, 1.9), "lip corners pulled up (AU12)", 0.86,
        {"intensity": 3.4, "trust": 1.0},
    ),
    Clue(
        "c3", "voice", "pitch.high", "P1", Span(1.0, 2.4), "the pitch is above the usual", 0.55,
        {"pitch_hz": 241.0, "above_st": 3.1},
    ),
    Clue("c4", "words", "tone.happy", "P1", Span(1, 2.4), "the words sound happy", 0.7, {"p": 0.7}),
    Clue("c5", "face", "AU04", "P2", Span(3.7, 5.0), "brows drawn together (AU04)", 0.3,
         {"intensity": 1.1}),
)  # fmt: skip
CLAIMS = (
    Claim("P1's lip corners are pulled up", "face", "P1", Span(0.4, 1.9), ("c2",), "supported"),
    Claim(
        "P1's voice is higher than usual", "voice", "P1", Span(1.0, 2.4), ("c3", "c4"), "supported"
    ),
    Claim("P1 trembles", "face", "P1", Span(4.0, 5.0), (), "unsupported"),
)
CONFLICT = Conflict(
    Span(1.0, 2.4), ("face", "words"), ("happy", "sad"), ("c2", "c4"),
    "The face suggests happy, the words suggest sad.",
)  # fmt: skip


def two_people(words: str = "I got the job, I really got it!") -> Analysis:
    """Two people, one of whom stays unlabelled; `words` are what P1 says first."""
    first = (
        segment(0.0, 2.0, "happy", 0.82, "c2", "c3"),
        segment(2.0, 4.0, None, 0.24),
        segment(4.0, 6.0, "surprise", 0.51, "c4"),
    )
    second = (segment(0.0, 3.0, None, 0.2), segment(3.0, 6.0, None, 0.26, "c5"))
    people = (
        replace(person("P1", "happy", 0.14, first), conflicts=(CONFLICT,)),
        person("P2", None, 0.58, second),
    )
    return Analysis(
        input=InputFacts(
            "clips/two people.mp4", "ab" * 32, 6.0, 640, 360, 25.0,
            {"video": True, "sound": True, "subtitles": False},
        ),
        people=people,
        explanation=Explanation(
            "P1 expresses happy: the lip corners are pulled up and the voice is higher than usual.",
            CLAIMS,
        ),
        clues=CLUES,
        transcript=(
            Said(Span(1.0, 2.4), "P1", words, 0.9),
            Said(Span(2.2, 3.0), None, "Well done.", 0.6),
        ),
        language="en",
        missing=(
            Absence("subtitles", "two people.mp4 has no subtitles"),
            Absence("P1.AU09", NO_AU09),
        ),
        warnings=("the last second could not be decoded",),
        run=Run(
            "0.1.0", "rules", "mer6", "cd" * 32, {"numpy": "2.3"}, {"face.tflite": "ef" * 32},
            {"media": 0.4, "perception": 2.9},
        ),
    )  # fmt: skip


def nobody() -> Analysis:
    """A clip in which no person was found."""
    return replace(
        two_people(),
        people=(),
        clues=CLUES[:1],
        transcript=(),
        explanation=Explanation("", ()),
        missing=(Absence("faces", "no face was found"), Absence("words", "nobody speaks")),
    )


def hostile() -> Analysis:
    """Two people; every string that can come from a file or a model tries to break out."""
    plain = two_people(HOSTILE)
    first = replace(
        plain.people[0], conflicts=(replace(CONFLICT, text=HOSTILE),), open_vocabulary=(HOSTILE,)
    )
    return replace(
        plain,
        input=replace(plain.input, path=f"=1+1{HOSTILE}.mp4"),
        people=(first, plain.people[1]),
        clues=tuple(replace(clue, text=HOSTILE) for clue in plain.clues),
        explanation=Explanation(HOSTILE, tuple(replace(c, text=HOSTILE) for c in CLAIMS)),
        missing=(Absence(HOSTILE, HOSTILE),),
        warnings=(HOSTILE,),
    )


def still() -> Analysis:
    """A photograph: one person in one moment."""
    plain = two_people()
    face = plain.people[0]
    here = Track((0.0,), (face.track.boxes[0],) if face.track else (), (Span(0.0, 0.0),))
    return replace(
        plain,
        input=replace(
            plain.input, path="photo.jpg", duration_s=0.0, rate_hz=0.0,
            streams={"video": True, "sound": False, "subtitles": False},
        ),
        people=(
            replace(
                face, track=here, segments=(segment(0.0, 0.0, "happy", 0.82, "c2"),),
                peak_time_s=0.0, speaking_s=0.0, conflicts=(), action_units=units((0.0,), 2),
            ),
        ),
        clues=(replace(CLUES[1], span=Span(0.0, 0.0)),),
        explanation=Explanation(
            "P1 expresses happy: the lip corners are pulled up.",
            (replace(CLAIMS[0], span=Span(0.0, 0.0)),),
        ),
        transcript=(),
        missing=(Absence("sound", "photo.jpg has no sound"),),
    )  # fmt: skip


def sound_only() -> Analysis:
    """A voice without a picture: no track, no action units."""
    plain = two_people()
    why = "no face of this person was seen"
    voice = replace(
        plain.people[0], id="V1", track=None, peak_time_s=None, conflicts=(),
        action_units=dict.fromkeys(ACTION_UNITS, why),
    )  # fmt: skip
    return replace(
        plain,
        input=replace(
            plain.input, path="voice.wav", width=None, height=None, rate_hz=None,
            streams={"video": False, "sound": True, "subtitles": False},
        ),
        people=(voice,),
        clues=tuple(replace(c, person="V1") for c in CLUES[2:4]),
        transcript=tuple(replace(said, person="V1") for said in plain.transcript[:1]),
        missing=(Absence("video", "voice.wav has no picture"),),
    )  # fmt: skip


SAMPLES = {
    "two people": two_people,
    "nobody": nobody,
    "hostile": hostile,
    "still": still,
    "sound only": sound_only,
}
