"""The analysis and its JSON document hold the same, and the document keeps to its schema."""

import copy
import json
import typing
from dataclasses import fields, is_dataclass, replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reasoning.scenes import NET, USUAL, face, percepts, smile, tone, utterance

from affectlens.clues.gather import gather
from affectlens.emotions.spaces import SPACES
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.peaks import Method
from affectlens.perception.percepts import Percepts, SoundEvent
from affectlens.reasoning import document, rules
from affectlens.reasoning.analysis import Analysis, InputFacts, Run
from affectlens.reasoning.assemble import assemble
from affectlens.reasoning.render import table
from affectlens.reasoning.settings import ReasoningSettings


def analysis(
    scene: Percepts, space: str = "dfew7", *, sound: bool = True, peak: Method = "sum"
) -> Analysis:
    """The analysis of a scene."""
    clues = gather(scene)
    reading = rules.build(ReasoningSettings(label_space=space, peak=peak))(
        scene, clues, SPACES[space]
    )
    facts = InputFacts(
        path="clip.mp4",
        sha256="0" * 64,
        duration_s=5.0,
        width=640,
        height=480,
        rate_hz=25.0,
        streams={"video": True, "sound": sound, "subtitles": False},
    )
    run = Run("0.1", "rules", space, "0" * 64, {"numpy": "2"}, {}, {"faces": 1.23456})
    return assemble(facts, scene, clues, reading, run)


ABLE = sorted(name for name, space in SPACES.items() if not rules.unknown(space))
SCENES = {
    "smile": smile(),
    "nothing": percepts(),
    "voice": percepts(utterances=[utterance(0, 1, "V1")], baselines={"V1": USUAL}),
    "still": percepts(faces=[face(duration_s=0.0)]),
    "two": percepts(faces=[face("P1"), face("P2", expression="sad")]),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_document_keeps_to_its_schema_and_comes_back_equal(name: str) -> None:
    written = document.to_json(analysis(SCENES[name]))
    jsonschema.validate(written, document.schema())
    back = document.from_json(json.loads(json.dumps(written, allow_nan=False)))
    assert document.to_json(back) == written
    assert document.from_json(document.to_json(back)) == back


@settings(max_examples=25, deadline=None)
@given(
    net=st.sampled_from([None, *NET]),
    level=st.floats(0, 5),
    start=st.floats(0, 4),
    said=st.text(max_size=30),
    event=st.sampled_from(["laughter", "music", "sigh"]),
    confidence=st.floats(0, 1),
    space=st.sampled_from(ABLE),
)
def test_any_analysis_survives_the_round_trip(
    net: str | None,
    level: float,
    start: float,
    said: str,
    event: str,
    confidence: float,
    space: str,
) -> None:
    scene = percepts(
        faces=[face(bursts={"AU12": (start, 5.0, level)}, expression=net)],
        utterances=[utterance(start, start + 1, pitch_hz=150 + 30 * level)],
        baselines={"P1": USUAL},
        events=[SoundEvent(Span(start, 5), event, confidence)],
        tones=[tone(start, 5, said, "sad")],
    )
    written = document.to_json(analysis(scene, space))
    jsonschema.validate(written, document.schema())
    assert document.to_json(document.from_json(json.loads(json.dumps(written)))) == written
    for person in written["people"]:
        assert sum(person["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_the_schema_names_every_field_of_every_noun() -> None:
    whole = document.schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    known = {frozenset(d["properties"]) for d in whole["$defs"].values() if "properties" in d}
    known.add(frozenset(whole["properties"]))
    for noun in _nouns(Analysis):
        assert frozenset(f.name for f in fields(noun)) in known, noun


def _nouns(kind: Any) -> set[Any]:
    """The dataclasses that a type is made of, spans aside: they are written as arrays."""
    found = set()
    if is_dataclass(kind) and kind is not Span:
        found = {kind}
        for hint in typing.get_type_hints(kind).values():
            found |= _nouns(hint)
    for part in typing.get_args(kind):
        found |= _nouns(part)
    return found


def test_another_schema_is_refused() -> None:
    for wrong in ({}, {"schema": "affectlens.analysis/99"}):
        with pytest.raises(InputError, match=r"affectlens\.analysis/1"):
            document.from_json(wrong)


def _without(path: list[str | int]) -> dict[str, Any]:
    """The document without what is at a path."""
    written = copy.deepcopy(document.to_json(analysis(smile())))
    place: Any = written
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return written


@pytest.mark.parametrize(
    "path", [["clues"], ["people", 0, "label"], ["input", "sha256"], ["run", "model"]]
)
def test_an_absent_key_is_refused(path: list[str | int]) -> None:
    with pytest.raises(InputError, match=str(path[-1])):
        document.from_json(_without(path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["people", 0, "label"], 3),
        (["people", 0, "confidence"], "high"),
        (["people", 0, "confidence"], float("nan")),
        (["people", 0, "segments", 0, "span"], [2.0, 1.0]),
        (["people", 0, "segments", 0, "span"], [1.0]),
        (["clues", 0, "modality"], "smell"),
        (["transcript"], {}),
        (["people", 0, "track", "boxes", 0], [0.1, 0.2]),
        (["input", "width"], True),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_named(path: list[Any], value: object) -> None:
    written: Any = document.to_json(analysis(smile()))
    place = written
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InputError, match=str(path[-2 if isinstance(path[-1], int) else -1])):
        document.from_json(written)


def test_an_unknown_key_is_refused() -> None:
    written = document.to_json(analysis(smile()))
    with pytest.raises(InputError, match="age"):
        document.from_json({**written, "age": 30})


def test_numbers_that_are_none_are_not_written() -> None:
    broken = analysis(percepts(faces=[face(bursts={"AU12": (0, 1, float("nan"))})]))
    with pytest.raises(ValueError, match="nan"):
        document.to_json(broken)


def test_a_track_is_thinned_and_its_series_follow_it() -> None:
    (person,) = analysis(smile()).people
    assert person.track is not None
    gaps = np.diff(person.track.times_s)
    assert len(person.track.times_s) <= 10 * 5 + 1
    assert gaps.min() > 0
    for unit in person.action_units.values():
        if not isinstance(unit, str):
            assert len(unit.series) == len(person.track.times_s) == len(person.track.boxes)


def test_what_is_missing_is_listed_with_its_reason() -> None:
    missing = {m.what: m.why for m in analysis(SCENES["still"], sound=False).missing}
    assert missing["P1.AU09"] == "the face model does not measure the nose"
    assert missing["sound"] == missing["voice"] == "the input has no sound"
    assert "words" in missing
    assert "faces" not in missing
    nobody = {m.what: m.why for m in analysis(percepts(faces=[])).missing}
    assert nobody["faces"] == "no face was seen"


def test_a_speaker_who_is_not_known_is_listed_once() -> None:
    unknown = [utterance(i, i + 1, Missing("two mouths move")) for i in range(3)]
    missing = analysis(percepts(utterances=unknown)).missing
    assert [m.why for m in missing if m.what == "speaker"] == ["two mouths move"]


def test_a_person_is_summed_up() -> None:
    (person,) = analysis(smile()).people
    assert person.peak_time_s == pytest.approx(1.04)
    assert person.speaking_s == pytest.approx(1.5)
    assert person.valence is not None
    assert person.valence > 0.5
    assert {"happy", "joyful", "amused"} <= set(person.open_vocabulary)
    unit = person.action_units["AU12"]
    assert not isinstance(unit, str)
    assert unit.peak == pytest.approx(3.2)
    assert person.action_units["AU09"] == "the face model does not measure the nose"


def test_a_voice_without_a_face_has_neither_track_nor_peak() -> None:
    (person,) = analysis(SCENES["voice"]).people
    assert person.track is None
    assert person.peak_time_s is None
    assert person.action_units == {}


def test_in_a_slow_clip_a_person_is_there_from_the_first_to_the_last_picture() -> None:
    quick = face(duration_s=0.8)
    slow = replace(quick, times_T=np.arange(len(quick.times_T)).astype(np.float64))
    (person,) = analysis(percepts(faces=[slow])).people
    assert person.track is not None
    assert person.track.presence == (Span(0, len(quick.times_T) - 1),)


def test_the_peak_frame_is_picked_as_it_is_set() -> None:
    made = analysis(smile(), peak="first")
    assert made.people[0].peak_time_s == 0.0
    assert "peak at 0.0 s" in table.render(made)
