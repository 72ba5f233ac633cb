"""Clues say plainly what was measured, in a fixed order, few enough to read."""

from dataclasses import replace

import numpy as np
import pytest
from tests.reasoning.scenes import USUAL, face, percepts, smile, tone, utterance

from affectlens.clues.clue import Clue
from affectlens.clues.gather import KEPT, gather
from affectlens.clues.words import quote
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import ActionUnit, Shot, SoundEvent


def kinds(clues: tuple[Clue, ...]) -> set[str]:
    """What the clues are about."""
    return {clue.kind for clue in clues}


def test_ids_count_up_in_order_of_time_then_modality() -> None:
    clues = gather(smile())
    assert [c.id for c in clues] == [f"c{i}" for i in range(1, len(clues) + 1)]
    order = ["face", "voice", "words", "scene"]
    places = [(c.span.start_s, order.index(c.modality)) for c in clues]
    assert places == sorted(places)


def test_the_same_percepts_give_the_same_clues() -> None:
    assert gather(smile()) == gather(smile())


def test_nothing_measured_gives_no_clues() -> None:
    assert gather(percepts()) == ()


def test_a_smile_is_told_with_its_time_person_and_numbers() -> None:
    (found,) = [c for c in gather(smile()) if c.kind == "AU12"]
    assert found.text == "lip corners pulled up (AU12)"
    assert found.person == "P1"
    assert found.numbers["onset_s"] == pytest.approx(1.0, abs=0.1)
    assert found.numbers["peak_intensity"] == pytest.approx(3.2)


def test_a_calm_face_is_told_as_at_rest() -> None:
    assert kinds(gather(percepts(faces=[face()]))) == {"face.rest"}


def test_rest_is_told_with_how_calm_the_face_is() -> None:
    (found,) = gather(percepts(faces=[face()]))
    assert "no telling action unit above 0.1 of 5" in found.text
    assert list(found.numbers.values()) == pytest.approx([0.1])


def test_slight_signs_are_told_as_slight() -> None:
    burst = {"AU12": (0.0, 5.0, 1.2)}
    (found,) = gather(percepts(faces=[face(bursts=burst)]))
    assert found.kind == "face.slight"
    assert found.numbers == {"AU12_peak_intensity": pytest.approx(1.2)}


def test_a_face_that_leaves_is_told_as_not_seen() -> None:
    shots = [Shot(Span(0, 8), 0.5, 0.2, 0.0, 0.3, 0.1)]
    clues = gather(percepts(faces=[face(duration_s=3.0)], shots=shots))
    (away,) = [c for c in clues if c.kind == "face.away"]
    assert away.person == "P1"
    assert (away.span.start_s, away.span.end_s) == pytest.approx((2.96, 8.0))


def test_the_pauses_of_somebody_who_is_only_heard_are_told() -> None:
    spoken = [utterance(0, 1, "V1"), utterance(1.5, 2, "V1"), utterance(9, 10, "V1")]
    silent = [c.span for c in gather(percepts(utterances=spoken)) if c.kind == "voice.silent"]
    assert silent == [Span(2, 9)]


def test_what_is_measured_less_well_needs_more_to_be_told() -> None:
    burst = {"AU12": (1.0, 3.0, 1.5)}
    assert "AU12" in kinds(gather(percepts(faces=[face(bursts=burst)])))
    assert "AU12" not in kinds(gather(percepts(faces=[face(bursts=burst, trust="low")])))


def test_a_mouth_that_opens_to_speak_is_a_weak_clue() -> None:
    track = face(bursts={"AU26": (1.0, 3.0, 3.0)})
    silent = [c for c in gather(percepts(faces=[track])) if c.kind == "AU26"]
    talking = [
        c
        for c in gather(percepts(faces=[track], utterances=[utterance(0.5, 3.5)]))
        if c.kind == "AU26"
    ]
    assert talking[0].strength < silent[0].strength / 2


def test_blinks_are_not_told_and_closed_eyes_are() -> None:
    assert "AU45" not in kinds(gather(percepts(faces=[face(bursts={"AU45": (1, 1.2, 4)})])))
    assert "AU45" in kinds(gather(percepts(faces=[face(bursts={"AU45": (1, 2.5, 4)})])))


def test_the_expression_net_is_told_only_when_it_is_sure() -> None:
    sure = face(expression="sad")
    assert "expression.sad" in kinds(gather(percepts(faces=[sure])))
    assert not isinstance(sure.expression, Missing)
    rows = sure.expression.probabilities_EL
    torn = replace(sure.expression, probabilities_EL=np.full_like(rows, 1 / rows.shape[1]))
    assert kinds(gather(percepts(faces=[replace(sure, expression=torn)]))) == {"face.rest"}


def test_a_lowered_and_turned_head_is_told() -> None:
    track = face()
    pose = np.tile(np.array([-30, 40, 0], np.float32), (len(track.times_T), 1))
    found = kinds(gather(percepts(faces=[replace(track, pose_T3=pose)])))
    assert {"head.down", "head.turned"} <= found
    assert not {"head.up", "head.tilted"} & found


def test_a_gaze_is_told_when_the_eyes_are_measured() -> None:
    track = face()
    names = [f"eyeLook{w}{s}" for w in ("Down", "Up", "In", "Out") for s in ("Left", "Right")]
    shapes = {
        n: np.full(len(track.times_T), 0.8 if "Down" in n else 0.0, np.float32) for n in names
    }
    found = kinds(gather(percepts(faces=[replace(track, blendshapes=shapes)])))
    assert "gaze.down" in found
    assert not {"gaze.up", "gaze.aside"} & found


def test_a_voice_is_compared_with_its_own_usual() -> None:
    loud = utterance(1, 2, pitch_hz=225.0, loudness_db=-15.0, rate_hz=6.0, brightness_db=-4.0)
    clues = gather(percepts(utterances=[loud], baselines={"P1": USUAL}))
    assert kinds(clues) == {"pitch.high", "loudness.high", "rate.fast", "brightness.high"}
    pitch = next(c for c in clues if c.kind == "pitch.high")
    assert pitch.numbers["change_st"] == pytest.approx(7.02, abs=0.01)


def test_without_a_baseline_only_weak_statements_that_say_so_are_made() -> None:
    loud = utterance(1, 2, pitch_hz=225.0, loudness_db=-5.0, pitch_range_st=14.0)
    few = replace(USUAL, utterances=2)
    for baselines in ({}, {"P1": few}):
        (found,) = gather(percepts(utterances=[loud], baselines=baselines))
        assert found.kind == "pitch.wide"
        assert "no baseline" in found.text
        assert found.strength <= 0.3


def test_a_usual_voice_is_told_as_such_and_no_more() -> None:
    (found,) = gather(percepts(utterances=[utterance(1, 2)], baselines={"P1": USUAL}))
    assert found.kind == "voice.plain"
    assert "nothing in its sound stands out" in found.text


def test_laughter_belongs_to_whom_it_is_near_and_music_to_nobody() -> None:
    events = [SoundEvent(Span(1, 2), "laughter", 0.9), SoundEvent(Span(1, 5), "Music", 0.9)]
    scene = percepts(
        faces=[face("P1"), face("P2")],
        utterances=[utterance(0.5, 2, "P2"), utterance(3, 4, "P1")],
        events=events,
    )
    who = {c.kind: c.person for c in gather(scene) if c.modality == "voice"}
    assert who["event.laughter"] == "P2"
    assert who["event.music"] is None


def test_a_sound_that_could_be_of_either_is_nobodys() -> None:
    scene = percepts(faces=[face("P1"), face("P2")], events=[SoundEvent(Span(1, 2), "sigh", 0.9)])
    (sigh,) = [c for c in gather(scene) if c.kind == "event.sigh"]
    assert sigh.person is None


def test_words_are_quoted_and_their_tone_told_when_clear() -> None:
    clear = tone(0, 1, "I miss you.", "sad")
    unclear = replace(clear, probabilities=dict.fromkeys(clear.probabilities, 1 / 7))
    assert kinds(gather(percepts(tones=[clear]))) == {"quote", "tone.sad"}
    assert kinds(gather(percepts(tones=[unclear]))) == {"quote"}


def test_a_long_quotation_is_cut_and_keeps_no_marks_of_its_own() -> None:
    (found,) = gather(percepts(tones=[tone(0, 1, "He said “no” " * 40, "neutral")]))
    assert found.text.count("“") == found.text.count("”") == 1
    assert len(found.text) < 190


@pytest.mark.parametrize(
    "text",
    ["今天真是太開心了" * 20, "わたしは とても うれしい です " * 9, "أنا حزين جدا اليوم " * 9],
)
def test_words_of_any_script_are_quoted_shortly(text: str) -> None:
    said = quote(text)
    assert said.endswith("…")
    assert len(said) <= 100
    assert len(said.split()) <= 12
    assert quote(text[:8]) == text[:8].strip()


def test_words_alone_belong_to_a_writer_and_other_words_to_nobody() -> None:
    unsigned = replace(tone(0, 2, "I miss her.", "sad"), person=Missing("no voice was found"))
    assert {c.person for c in gather(percepts(tones=[unsigned]))} == {"T1"}
    heard = percepts(tones=[unsigned], utterances=[utterance(4, 5, "V1")])
    assert {c.person for c in gather(heard) if c.modality == "words"} == {None}


def test_neighbouring_shots_alike_are_told_once() -> None:
    shots = [Shot(Span(i, i + 1), 0.1, 0.1, 0.0, 0.3, 0.1) for i in range(3)]
    clues = gather(percepts(shots=shots))
    assert kinds(clues) == {"light.dark", "cuts.some"}
    assert next(c for c in clues if c.kind == "light.dark").span == Span(0, 3)
    assert next(c for c in clues if c.kind == "cuts.some").numbers["rate_min"] == 40


def test_an_hour_keeps_its_clues_few_and_the_strongest() -> None:
    track = face(duration_s=3600.0)
    rng = np.random.default_rng(0)
    busy = {
        name: ActionUnit(rng.uniform(0, 5, len(track.times_T)).round().astype(np.float32), "good")
        for name in track.action_units
    }
    utterances = [
        utterance(t, t + 1.5, pitch_hz=250.0, loudness_db=-5.0 - t % 3, rate_hz=8.0)
        for t in range(0, 3600, 2)
    ]
    clues = gather(
        percepts(
            faces=[replace(track, action_units=busy)],
            utterances=utterances,
            baselines={"P1": USUAL},
        )
    )
    assert len(clues) <= 121 * sum(KEPT.values())


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"'xx'.*en"):
        gather(percepts(), language="xx")


def test_at_rest_no_telling_unit_is_above_the_level_that_is_told() -> None:
    track = face()
    low = ActionUnit(np.full(len(track.times_T), 1.7, np.float32), "low")
    good = ActionUnit(np.full(len(track.times_T), 0.98, np.float32), "good")
    units = {**track.action_units, "AU15": low, "AU12": good}
    (rest,) = (
        c
        for c in gather(percepts(faces=[replace(track, action_units=units)]))
        if c.kind == "face.rest"
    )
    assert "above 1.7 of 5" in rest.text
    assert rest.numbers["AU15_peak_intensity"] == pytest.approx(1.7)


def test_a_face_is_not_at_rest_while_it_shortly_smiles() -> None:
    clues = gather(percepts(faces=[face(bursts={"AU12": (2.0, 2.3, 4.5)})]))
    rests = [c.span for c in clues if c.kind == "face.rest"]
    assert len(rests) == 2
    assert all(span.end_s < 2.0 or span.start_s > 2.3 for span in rests)


def test_what_a_mouth_does_while_speaking_is_no_rest_and_is_told_apart() -> None:
    scene = percepts(
        faces=[face(bursts={"AU20": (0.0, 5.0, 3.0)})], utterances=[utterance(0.0, 5.0)]
    )
    (rest,) = (c for c in gather(scene) if c.kind == "face.rest")
    assert rest.text == (
        "face at rest but for the speaking mouth, no other telling action unit above 0.1 of 5"
    )


def test_a_face_in_every_picture_of_a_slow_clip_is_never_away() -> None:
    quick = face(duration_s=2.0, bursts={"AU12": (0.0, 9.0, 3.0)})
    slow = replace(quick, times_T=np.arange(len(quick.times_T)).astype(np.float64))
    clues = gather(percepts(faces=[slow]))
    assert "AU12" in kinds(clues)
    assert "face.away" not in kinds(clues)
