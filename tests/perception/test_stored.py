"""Stored percepts come back exactly, or not at all."""

# T moments of a track, E moments of the expression net, L labels, V moments of the voice

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load, save
from tests.reasoning.scenes import smile, utterance

from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception import stored
from affectlens.perception.percepts import (
    ActionUnit,
    Baseline,
    Expression,
    FaceTrack,
    Floats,
    Percepts,
    Sentence,
    Shot,
    SoundEvent,
    TextTone,
    Transcript,
    Utterance,
    Voice,
    Word,
)
from affectlens.perception.stored import from_bytes, to_bytes

FAST = settings(deadline=None, max_examples=25)


def same(one: object, other: object) -> bool:
    """Equal to the bit, types and order of mappings included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        alike = one.dtype == other.dtype and one.shape == other.shape
        return alike and one.tobytes() == other.tobytes()
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, Mapping):
        assert isinstance(other, Mapping)
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        assert isinstance(other, tuple)
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(a, b) for a, b in pairs)
    return one == other or (one != one and other != other)  # NaN


numbers = st.floats(allow_nan=True, allow_infinity=True)
texts = st.text(max_size=8)
missing = st.builds(Missing, texts)
spans = st.tuples(*[st.floats(0, 1e6)] * 2).map(lambda pair: Span(min(pair), max(pair)))
people = texts | missing


def floats(*shape: int) -> st.SearchStrategy[Floats]:
    return arrays.arrays(np.float32, shape, elements=st.floats(width=32, allow_nan=True))


def several(one: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return missing | st.lists(one, max_size=2).map(tuple)


@st.composite
def tracks(draw: st.DrawFn) -> FaceTrack:
    count = draw(st.integers(0, 3))
    curve = floats(count)
    trust = st.sampled_from(["good", "fair", "low"])
    units = missing | st.builds(ActionUnit, curve, trust)
    times_T = arrays.arrays(np.float64, (count,), elements=numbers)
    expression = st.builds(Expression, st.tuples(texts, texts), times_T, floats(count, 2))
    return FaceTrack(
        person=draw(texts),
        times_T=draw(times_T),
        boxes_T4=draw(floats(count, 4)),
        confidence_T=draw(curve),
        pose_T3=draw(missing | floats(count, 3)),
        mouth_open_T=draw(missing | curve),
        blendshapes=draw(st.dictionaries(texts, curve, max_size=2)),
        action_units=draw(st.dictionaries(texts, units, max_size=2)),
        expression=draw(missing | expression),
    )


some = st.none() | numbers
voices = st.integers(0, 3).flatmap(
    lambda n: st.builds(
        Voice, arrays.arrays(np.float64, (n,), elements=numbers), floats(n), floats(n)
    )
)
utterances = st.builds(Utterance, spans, people, *[some] * 8)
words = st.lists(st.builds(Word, spans, texts, numbers), max_size=2).map(tuple)
sentences = st.lists(st.builds(Sentence, spans, texts, words, people, numbers), max_size=2)
transcripts = st.builds(
    Transcript,
    sentences.map(tuple),
    st.none() | texts,
    some,
    st.sampled_from(["speech", "subtitles"]),
)
tones = st.builds(TextTone, spans, people, texts, st.dictionaries(texts, numbers, max_size=2))
anything = st.builds(
    Percepts,
    faces=several(tracks()),
    shots=several(st.builds(Shot, spans, *[numbers] * 5)),
    voice=missing | voices,
    utterances=several(utterances),
    baselines=st.dictionaries(
        texts, st.builds(Baseline, *[some] * 5, st.integers(0, 9)), max_size=2
    ),
    events=several(st.builds(SoundEvent, spans, texts, numbers)),
    transcript=missing | transcripts,
    tone=several(tones),
    warnings=st.lists(texts, max_size=2).map(tuple),
)


@FAST
@given(anything)
def test_percepts_come_back_bit_for_bit(percepts: Percepts) -> None:
    found = from_bytes(to_bytes(percepts))
    assert same(found, percepts)
    assert to_bytes(found) == to_bytes(percepts)


@FAST
@given(st.data())
def test_damaged_bytes_are_refused(data: st.DataObject) -> None:
    whole = to_bytes(smile())
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    for damaged in (bytes(flipped), whole[:place], whole + b"\0"):
        with pytest.raises(InputError):
            from_bytes(damaged)


@FAST
@given(st.binary(max_size=99))
def test_other_bytes_are_refused_even_with_a_checksum_that_matches(noise: bytes) -> None:
    for packed in (noise, zlib.compress(noise)):
        with pytest.raises(InputError):
            from_bytes(stored._MARK + hashlib.sha256(packed).digest() + packed)
    with pytest.raises(InputError):
        from_bytes(noise)


def test_another_version_is_refused() -> None:
    old = to_bytes(smile()).replace(b"percepts/1", b"percepts/0", 1)
    with pytest.raises(InputError, match="another version"):
        from_bytes(old)


def test_what_has_other_fields_than_percepts_have_now_is_refused() -> None:
    packed = to_bytes(smile())[len(stored._MARK) + stored._SUM_BYTES :]
    found = load(zlib.decompress(packed))
    skeleton = json.loads(found["json"].tobytes())
    del skeleton["parts"]["warnings"]
    skeleton["parts"]["remarks"] = []
    found["json"] = np.frombuffer(json.dumps(skeleton).encode(), np.uint8)
    packed = zlib.compress(save(found))
    with pytest.raises(InputError, match="remarks"):
        from_bytes(stored._MARK + hashlib.sha256(packed).digest() + packed)


def test_numbers_of_numpy_are_stored_as_plain_ones() -> None:
    percepts = dataclasses.replace(
        smile(), utterances=(utterance(0.0, 1.0, pitch_hz=np.float32(150.5)),)  # type: ignore[arg-type]
    )  # fmt: skip
    found = from_bytes(to_bytes(percepts)).utterances
    assert not isinstance(found, Missing)
    assert type(found[0].pitch_hz) is float
    assert found[0].pitch_hz == 150.5


def test_what_comes_back_can_be_written_to() -> None:
    faces = from_bytes(to_bytes(smile())).faces
    assert not isinstance(faces, Missing)
    assert faces[0].boxes_T4.flags.writeable
