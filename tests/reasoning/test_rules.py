"""The rule baseline: what speaks for what, when it abstains, and that its numbers hold together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reasoning.scenes import NET, USUAL, face, percepts, smile, tone, utterance

from affectlens.clues.gather import gather
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import DFEW7, EKMAN6, MER6, MER9, SPACES
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Percepts, Shot, SoundEvent
from affectlens.reasoning import rules
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.settings import ReasoningSettings


def read(scene: Percepts, space: LabelSpace = DFEW7) -> Reading:
    """The baseline with its defaults."""
    return rules.build(ReasoningSettings())(scene, gather(scene), space)


def only(scene: Percepts, space: LabelSpace = DFEW7) -> PersonReading:
    """The one person of a scene."""
    (person,) = read(scene, space).people
    return person


PROTOTYPES = {
    "happy": {"AU06": 3.0, "AU12": 3.5},
    "sad": {"AU01": 3.0, "AU04": 1.5, "AU15": 3.0},
    "angry": {"AU04": 3.5, "AU07": 2.5, "AU23": 3.0},
    "surprise": {"AU01": 3.0, "AU02": 3.0, "AU05": 3.0, "AU26": 3.0},
    "fear": {"AU01": 3.0, "AU04": 2.5, "AU05": 3.0, "AU20": 3.5},
    "disgust": {"AU10": 3.5, "AU17": 2.0, "AU04": 1.0},
}


@pytest.mark.parametrize("label", PROTOTYPES)
def test_the_prototype_of_an_emotion_is_read_as_it(label: str) -> None:
    bursts = {unit: (0.0, 5.0, level) for unit, level in PROTOTYPES[label].items()}
    person = only(percepts(faces=[face(bursts=bursts)]))
    assert person.label == label


def test_a_face_that_does_nothing_speaks_for_neutral() -> None:
    assert only(percepts(faces=[face()])).label == "neutral"


def test_without_evidence_the_probabilities_are_even_and_no_label_is_given() -> None:
    unmeasured = replace(
        face(), action_units={"AU12": Missing("too dark")}, expression=Missing("no net")
    )
    person = only(percepts(faces=[unmeasured]))
    assert person.label is None
    assert not person.measured
    assert set(person.probabilities.values()) == {1 / 7}


def test_silence_is_no_evidence() -> None:
    person = only(percepts(utterances=[utterance(0, 1, "V1")], baselines={"V1": USUAL}))
    assert all(s.span.start_s < 1 for s in person.segments)


def test_a_less_trusted_measurement_counts_less() -> None:
    bursts = {"AU12": (0.0, 5.0, 3.0)}
    good, low = (
        only(percepts(faces=[face(bursts=bursts, trust=trust)])).probabilities["happy"]
        for trust in ("good", "low")
    )
    assert low < good


def test_laughter_speaks_for_happy_and_crying_for_sad() -> None:
    for name, label in (("laughter", "happy"), ("crying", "sad")):
        person = only(
            percepts(utterances=[utterance(0, 2, "V1")], events=[SoundEvent(Span(0, 2), name, 0.9)])
        )
        assert person.label == label


def test_an_excited_voice_moves_from_sad_to_angry() -> None:
    def probabilities(**numbers: float) -> dict[str, float]:
        spoken = [utterance(0, 2, "V1", **numbers)]
        return dict(only(percepts(utterances=spoken, baselines={"V1": USUAL})).probabilities)

    loud = probabilities(pitch_hz=220.0, loudness_db=-14.0, brightness_db=-3.0)
    subdued = probabilities(pitch_hz=120.0, loudness_db=-34.0, brightness_db=-16.0)
    assert loud["angry"] > loud["sad"]
    assert subdued["sad"] > subdued["angry"]


def test_words_count_for_the_person_who_says_them() -> None:
    scene = percepts(faces=[face("P1"), face("P2")], tones=[tone(0, 5, "I miss her.", "sad", "P2")])
    first, second = read(scene).people
    assert "words" in second.segments[0].modalities
    assert "words" not in first.segments[0].modalities


def test_each_modality_alone_is_told_and_fused() -> None:
    person = only(smile())
    segment = person.segments[0]
    assert set(segment.modalities) == {"face", "voice", "words"}
    assert segment.probabilities["happy"] > max(p["happy"] for p in segment.modalities.values())


def test_segments_follow_what_happens_and_cite_their_clues() -> None:
    scene = percepts(
        faces=[
            face(
                duration_s=10.0,
                bursts={
                    "AU12": (0.0, 4.5, 3.5),
                    "AU06": (0.0, 4.5, 3.0),
                    "AU04": (5.5, 10.0, 3.5),
                    "AU23": (5.5, 10.0, 3.5),
                    "AU07": (5.5, 10.0, 3.0),
                },
            )
        ]
    )
    segments = only(scene).segments
    assert [s.label for s in segments] == ["happy", "happy", "angry", "angry"]
    by_id = {c.id: c for c in gather(scene)}
    assert {by_id[c].kind for c in segments[0].clues} == {"AU06", "AU12"}


def test_people_are_faces_then_voices() -> None:
    scene = percepts(
        faces=[face("P2"), face("P1")], utterances=[utterance(0, 1, "V1"), utterance(1, 2, "P1")]
    )
    assert [p.id for p in read(scene).people] == ["P2", "P1", "V1"]


def test_a_still_image_is_one_instant() -> None:
    still = face(duration_s=0.0, bursts={"AU12": (0, 0, 4.0), "AU06": (0, 0, 3.0)})
    person = only(percepts(faces=[still]))
    assert [s.span for s in person.segments] == [Span(0, 0)]
    assert person.label == "happy"


def test_the_last_moment_of_a_clip_counts() -> None:
    times = np.array([0.0, 5.0])
    seldom = face(duration_s=0.16, bursts={"AU12": (0.05, 1, 4.0)})
    person = only(percepts(faces=[replace(seldom, times_T=times)]))
    assert person.segments[-1].label == "happy"


def test_fear_is_worried_where_there_is_no_fear_and_worried_is_fear() -> None:
    bursts = {unit: (0.0, 5.0, level) for unit, level in PROTOTYPES["fear"].items()}
    scene = percepts(faces=[face(bursts=bursts)])
    assert only(scene, MER6).label == "worried"
    assert only(scene, MER9).label in ("fear", "worried")
    assert only(scene, EKMAN6).label == "fear"


def test_a_calm_face_is_no_evidence_in_a_space_without_neutral() -> None:
    person = only(percepts(faces=[face()]), EKMAN6)
    assert person.label is None
    assert max(person.probabilities.values()) == pytest.approx(1 / 6)


def test_settings_are_checked_when_made() -> None:
    for wrong in ({"label_space": "mer7"}, {"window_s": 0.0}, {"threshold": 2.0}):
        with pytest.raises(ConfigError):
            ReasoningSettings(**wrong)
    with pytest.raises(ConfigError, match="'xx'"):
        ReasoningSettings(language="xx")


def test_a_neutral_window_cites_that_the_face_rests() -> None:
    scene = percepts(faces=[face()])
    by_id = {c.id: c for c in gather(scene)}
    for segment in only(scene).segments:
        assert segment.label == "neutral"
        assert [by_id[c].kind for c in segment.clues] == ["face.rest"]


def test_where_a_person_is_neither_seen_nor_heard_nothing_is_read() -> None:
    scene = percepts(
        faces=[face(duration_s=2.5), face("P2", duration_s=7.5)],
        shots=[Shot(Span(0, 7.5), 0.5, 0.2, 0.0, 0.3, 0.1)],
    )
    first, second = read(scene).people
    assert [s.span for s in first.segments] == [Span(0, 2.5)]
    assert len(second.segments) == 3
    assert first.probabilities == first.segments[0].probabilities


def test_a_glimpse_is_shown_with_its_time_and_is_less_sure_than_a_look() -> None:
    smiling = {"AU12": (0.0, 9.0, 4.0), "AU06": (0.0, 9.0, 3.0)}
    track = face(duration_s=2.8, bursts=smiling)
    scene = percepts(faces=[track], shots=[Shot(Span(0, 5), 0.5, 0.2, 0.0, 0.3, 0.1)])
    look, glimpse = only(scene).segments
    assert look.span == Span(0, 2.5)
    assert glimpse.span.start_s == 2.5
    assert glimpse.span.end_s == pytest.approx(2.72)
    assert glimpse.confidence < look.confidence - 0.1


def test_a_window_cites_few_clues_each_of_which_speaks_for_its_label() -> None:
    bursts = dict.fromkeys(("AU01", "AU04", "AU06", "AU10", "AU14", "AU25"), (0.0, 5.0, 3.0))
    scene = percepts(
        faces=[face(bursts={**bursts, "AU12": (0.0, 5.0, 4.5)}, expression="neutral")],
        utterances=[utterance(0, 5)],
    )
    by_id = {c.id: c for c in gather(scene)}
    for segment in only(scene).segments:
        kinds = [by_id[c].kind for c in segment.clues]
        assert segment.label == "happy"
        assert kinds[0] == "AU12"
        assert len(kinds) <= 4
        assert not {"AU01", "AU04", "AU14", "expression.neutral", "voice.plain"} & set(kinds)


def test_plain_words_do_not_drown_an_angry_voice() -> None:
    loud = [utterance(0, 2, "V1", loudness_db=-17.0, brightness_db=-6.5)]
    spoken = percepts(utterances=loud, baselines={"V1": USUAL})
    worded = percepts(
        utterances=loud,
        baselines={"V1": USUAL},
        tones=[tone(0, 2, "Dogs are sitting by the door.", "neutral", "V1")],
    )
    assert only(spoken).label == only(worded).label == "angry"
    assert only(worded).probabilities["neutral"] < 1.3 * only(spoken).probabilities["neutral"]


def test_words_alone_are_a_persons() -> None:
    unsigned = replace(tone(0, 2, "I miss her.", "sad"), person=Missing("no voice was found"))
    scene = percepts(tones=[unsigned])
    assert only(scene).id == "T1"
    assert only(scene).label == "sad"


ABLE = sorted(name for name, space in SPACES.items() if not rules.unknown(space))
LEVELS = st.floats(0, 5)


@settings(max_examples=40, deadline=None)
@given(
    levels=st.dictionaries(st.sampled_from([*sorted(PROTOTYPES["fear"]), "AU12"]), LEVELS),
    net=st.sampled_from([None, *NET]),
    said=st.sampled_from([None, *NET]),
    pitch=st.one_of(st.none(), st.floats(60, 500)),
    space=st.sampled_from(ABLE),
)
def test_probabilities_always_sum_to_one_over_the_space(
    levels: dict[str, float],
    net: str | None,
    said: str | None,
    pitch: float | None,
    space: str,
) -> None:
    scene = percepts(
        faces=[face(bursts={u: (1.0, 3.0, x) for u, x in levels.items()}, expression=net)],
        utterances=[utterance(0, 3, pitch_hz=pitch)],
        baselines={"P1": USUAL},
        tones=[tone(0, 3, "words", said)] if said else None,
    )
    person = only(scene, SPACES[space])
    several = [person.probabilities]
    for segment in person.segments:
        several += [segment.probabilities, *segment.modalities.values()]
    for probabilities in several:
        assert tuple(probabilities) == SPACES[space].labels
        assert sum(probabilities.values()) == pytest.approx(1)
        assert all(0 <= p <= 1 for p in probabilities.values())
    assert person.confidence == max(person.probabilities.values())


def test_the_way_to_pick_peak_frames_is_a_setting() -> None:
    scene = smile()
    chosen = rules.build(ReasoningSettings(peak="middle"))(scene, gather(scene), DFEW7)
    assert (read(scene).peaks, chosen.peaks) == ("sum", "middle")
    with pytest.raises(ConfigError, match="find_peaks"):
        ReasoningSettings(peak="best")  # type: ignore[arg-type]


def test_spaces_in_words_that_the_rules_do_not_know_are_refused_and_the_way_out_is_told() -> None:
    assert ABLE == ["dfew7", "ekman6", "mer6", "mer9"]
    with pytest.raises(
        ConfigError, match=r"no evidence for anger, joy, sadness.*'angry,happy,sad,"
    ):
        rules.build(ReasoningSettings(label_space="meld7"))
    with pytest.raises(ConfigError, match="no evidence for calm") as caught:
        rules.build(ReasoningSettings(label_space="ravdess8"))
    assert " or '" not in str(caught.value)
    with pytest.raises(ConfigError, match="no evidence for positive"):
        read(smile(), LabelSpace("mine", ("positive", "neutral")))
