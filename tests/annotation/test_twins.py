"""Near-duplicates that are found, and takes that must not be taken for them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.encoded_again import encoded_again
from tests.annotation.formats.made_annotations import made

from affectlens.annotation.annotation import Annotation, Fingerprint
from affectlens.annotation.fingerprint import fingerprint
from affectlens.annotation.recipe import Twins
from affectlens.annotation.twins import dropped, groups, leaks, twins
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.media.opening import open_clip

CLIPS = sorted((Path(__file__).parents[2] / "examples" / "clips").glob("*.mp4"))
SPEECH = Path(__file__).parents[3] / "shared" / "data" / "ravdess-speech"
NONE = Missing("none")
_OF_SOURCE = "sha256", "speaker", "origin", "corpus"


def _clip(name: str, found: Fingerprint | Missing = NONE, **fields: Any) -> Annotation:
    of_source: dict[str, Any] = {"sha256": NONE}
    of_source |= {key: fields.pop(key) for key in _OF_SOURCE if key in fields}
    one = made(name, **{"fingerprint": found, "given": NONE, **fields})
    return replace(one, source=replace(one.source, **of_source))


def _still(look: int) -> Fingerprint:
    return Fingerprint(pictures=(f"{look:016x}",), sound=NONE)


def _flipped(look: int, bits: list[int]) -> int:
    for bit in bits:
        look ^= 1 << bit
    return look


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fingerprint]:
    """Six takes of one actor in one room, and of each a smaller, softer copy cut at the start."""
    folder = tmp_path_factory.mktemp("again")
    found = {path.stem: fingerprint(open_clip(path)) for path in CLIPS}
    for path in CLIPS:
        copy = encoded_again(path, folder / f"{path.stem}-again.mp4")
        found[f"{path.stem}-again"] = fingerprint(open_clip(copy))
    return found


def _pairs(found: dict[str, Fingerprint]) -> set[tuple[str, str]]:
    pairs = twins([_clip(name, one) for name, one in found.items()], Twins())
    return {(pair.first, pair.second) for pair in pairs}


def test_copies_are_found_and_takes_of_one_actor_in_one_room_are_not_joined(
    seen: dict[str, Fingerprint],
) -> None:
    assert _pairs(seen) == {(path.stem, f"{path.stem}-again") for path in CLIPS}


def test_without_sound_movement_tells_takes_apart(seen: dict[str, Fingerprint]) -> None:
    mute = {name: replace(one, sound=NONE) for name, one in seen.items()}
    assert {one[:15] == other[:15] for one, other in _pairs(mute)} == {True}
    assert len(_pairs(mute)) >= len(CLIPS) - 1  # one copy of six may be missed, none be wrong


def test_the_sound_of_a_video_alone_is_its_twin(seen: dict[str, Fingerprint]) -> None:
    deaf = {f"{path.stem}-sound": replace(seen[path.stem], pictures=NONE) for path in CLIPS}
    whole = {path.stem: seen[path.stem] for path in CLIPS}
    assert _pairs(whole | deaf) == {(path.stem, f"{path.stem}-sound") for path in CLIPS}


def test_the_same_pictures_with_other_speech_are_no_twins(seen: dict[str, Fingerprint]) -> None:
    one, other = seen[CLIPS[0].stem], seen[CLIPS[1].stem]
    assert not _pairs({"a": one, "b": replace(one, sound=other.sound)})


def test_the_same_sound_under_other_pictures_is_no_twin(seen: dict[str, Fingerprint]) -> None:
    one = seen[CLIPS[0].stem]
    assert isinstance(one.pictures, tuple)
    inverted = tuple(f"{int(word, 16) ^ (2**128 - 1):032x}" for word in one.pictures)
    assert not _pairs({"a": one, "b": replace(one, pictures=inverted)})


@pytest.mark.shared
@pytest.mark.skipif(not SPEECH.is_dir(), reason="needs ../shared/data/ravdess-speech")
def test_of_sixty_sentences_of_one_actor_only_the_recording_that_ravdess_has_twice_is_found() -> (
    None
):
    files = sorted(SPEECH.glob("*-07.ogg"))
    pairs = _pairs({path.stem: fingerprint(open_clip(path)) for path in files})
    assert len(files) == 60
    assert pairs == {("03-01-03-01-02-01-07", "03-01-03-01-02-02-07")}


@given(st.integers(1, 2**64 - 1), st.lists(st.integers(0, 63), unique=True, max_size=8), st.data())
@settings(deadline=None, max_examples=60)
def test_pictures_are_near_exactly_within_the_radius_whatever_stands_around_them(
    look: int, bits: list[int], data: st.DataObject
) -> None:
    radius = data.draw(st.integers(0, 8))
    others = data.draw(st.lists(st.integers(1, 2**64 - 1), max_size=5))
    found = {"a": _still(look), "b": _still(_flipped(look, bits) or 1)}
    found |= {f"c{n}": _still(other) for n, other in enumerate(others)}
    pairs = twins([_clip(name, one) for name, one in found.items()], Twins(pictures=radius))
    near = (look ^ (_flipped(look, bits) or 1)).bit_count() <= radius
    assert (("a", "b") in {(pair.first, pair.second) for pair in pairs}) == near


@pytest.mark.parametrize("same", range(8))
@pytest.mark.parametrize("late", [False, True])
def test_videos_are_near_when_most_of_their_moments_are(same: int, late: bool) -> None:
    rng = random.Random(same)  # noqa: S311
    looks = [rng.getrandbits(64) | 1 for _ in range(7)]
    near = range(7 - same, 7) if late else range(same)
    others = [look if n in near else look ^ (2**63 - 2) for n, look in enumerate(looks)]
    found = {
        name: Fingerprint(pictures=tuple(f"{look:016x}{0:016x}" for look in some), sound=NONE)
        for name, some in (("a", looks), ("b", others))
    }
    assert bool(_pairs(found)) == (same >= 4)


def test_no_near_pair_is_missed_by_the_search() -> None:
    rng = random.Random(3)  # noqa: S311
    centres = [rng.getrandbits(64) | 1 for _ in range(15)]
    looks = [_flipped(rng.choice(centres), rng.sample(range(64), 4)) for _ in range(150)]
    pairs = twins([_clip(f"c{n:03d}", _still(look)) for n, look in enumerate(looks)], Twins())
    brute = {
        (f"c{a:03d}", f"c{b:03d}")
        for a in range(150)
        for b in range(a + 1, 150)
        if (looks[a] ^ looks[b]).bit_count() <= 6
    }
    assert len(brute) > 100
    assert {(pair.first, pair.second) for pair in pairs} == brute


def test_order_changes_nothing(seen: dict[str, Fingerprint]) -> None:
    clips = [_clip(name, one) for name, one in seen.items()]
    shuffled = random.Random(0).sample(clips, len(clips))  # noqa: S311
    assert twins(clips, Twins()) == twins(shuffled, Twins())


def test_the_same_bytes_are_found_even_where_nothing_is_to_be_looked_for() -> None:
    clips = [_clip(name, sha256="ab") for name in "cab"] + [_clip("d")]
    pairs = twins(clips, Twins(find=False))
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [
        ("a", "b", "bytes"),
        ("a", "c", "bytes"),
    ]
    assert groups(pairs) == (("a", "b", "c"),)


def test_many_copies_of_one_sound_make_one_group(seen: dict[str, Fingerprint]) -> None:
    one = replace(seen[CLIPS[0].stem], pictures=NONE)
    clips = [_clip(f"c{n:02d}", one) for n in range(60)]
    assert [len(group) for group in groups(twins(clips, Twins()))] == [60]


def test_nothing_to_compare_is_no_twin() -> None:
    nothing = Fingerprint(pictures=NONE, sound=NONE)
    assert not twins([_clip("a", nothing), _clip("b", nothing), _clip("c")], Twins())
    assert twins([], Twins()) == ()


def test_a_damaged_fingerprint_is_told_with_its_clip() -> None:
    with pytest.raises(InputError, match="clip-7"):
        twins([_clip("clip-7", Fingerprint(pictures=("xyz",), sound=NONE))], Twins())


def _alike(**fields: dict[str, Any]) -> list[Annotation]:
    return [_clip(name, _still(255), **some) for name, some in fields.items()]


def test_of_twins_the_best_score_stays_and_equal_ones_by_id() -> None:
    clips = _alike(a={"score": 0.5}, b={"score": 0.9}, c={"score": 0.9}, d={})
    assert dropped(clips, twins(clips, Twins())) == {"a": "b", "c": "b", "d": "b"}


def test_near_duplicates_with_different_labels_of_people_both_stay_but_not_the_same_bytes() -> None:
    clips = _alike(a={"given": "happy"}, b={"given": "sad"})
    assert dropped(clips, twins(clips, Twins())) == {}
    same = _alike(a={"given": "happy", "sha256": "x"}, b={"given": "sad", "sha256": "x"})
    assert dropped(same, twins(same, Twins())) == {"b": "a"}


def test_leaks_tell_what_splits_of_people_share() -> None:
    clips = [
        _clip("a", _still(255), split="train", speaker="anna", corpus="x"),
        _clip("b", _still(255), split="test", speaker="anna", corpus="x", origin="film"),
        _clip("c", split="dev", speaker="anna", corpus="y", origin="film"),
        _clip("d", split=NONE, speaker="anna", corpus="x"),
    ]
    found = {(leak.kind, leak.between): leak.items for leak in leaks(clips, twins(clips, Twins()))}
    assert found == {
        ("near", ("test", "train")): ("a = b",),
        ("speaker", ("test", "train")): ("x/anna",),
    }


def test_leaks_read_their_annotations_once() -> None:
    def once() -> Iterator[Annotation]:
        yield _clip("a", split="train", speaker="anna")
        yield _clip("b", split="dev", speaker="anna")

    assert [leak.kind for leak in leaks(once(), ())] == ["speaker"]
