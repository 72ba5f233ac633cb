"""Whole speakers, sources and twins in one split each, whatever is added."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.formats.made_annotations import made

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.recipe import Splits
from affectlens.annotation.splits import by_split, split
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

NONE = Missing("none")


def _clip(
    name: str, speaker: str | Missing = NONE, origin: str | Missing = NONE, told: str | None = None
) -> Annotation:
    one = made(name, split=NONE if told is None else told)
    return replace(one, source=replace(one.source, speaker=speaker, origin=origin))


def _many(speakers: int, each: int = 2) -> list[Annotation]:
    return [_clip(f"c{s:03d}_{n}", f"s{s}") for s in range(speakers) for n in range(each)]


def test_shares_are_met_over_many_speakers_and_no_speaker_is_in_two() -> None:
    clips = _many(600)
    found, notes = split(clips, Splits(train=0.8, dev=0.1, test=0.1), ())
    counts = Counter(found.values())
    assert counts["train"] / 1200 == pytest.approx(0.8, abs=0.05)
    assert counts["dev"] / 1200 == pytest.approx(0.1, abs=0.04)
    assert all(found[f"c{s:03d}_0"] == found[f"c{s:03d}_1"] for s in range(600))
    assert notes == ()


def test_the_seed_decides_and_order_does_not() -> None:
    clips = _many(60)
    assert split(clips, Splits(), ()) == split(clips[::-1], Splits(), ())
    assert split(clips, Splits(), ())[0] != split(clips, Splits(seed=1), ())[0]


_NAMES = st.sampled_from([NONE, "anna", "ben", "cleo", "dora"])


@given(st.lists(st.tuples(_NAMES, _NAMES), min_size=2, max_size=12), st.booleans())
@settings(deadline=None, max_examples=50)
def test_what_is_tied_together_is_never_parted(
    ties: list[tuple[str | Missing, str | Missing]], twins: bool
) -> None:
    clips = [_clip(f"c{n}", *both) for n, both in enumerate(ties)]
    pairs = (("c0", "c1"),) if twins else ()
    found, _ = split(clips, Splits(train=0.4, dev=0.3, test=0.3), pairs)
    assert found.keys() == {one.id for one in clips}
    for names in zip(*ties, strict=True):
        for name in set(names) - {NONE}:
            assert len({found[f"c{n}"] for n, other in enumerate(names) if other == name}) == 1
    assert not twins or found["c0"] == found["c1"]


def test_a_new_clip_moves_no_other_one() -> None:
    clips = _many(40)
    before, _ = split(clips, Splits(), ())
    for new in (_clip("aaa", "s7"), _clip("aaa", "a new one"), _clip("aaa", NONE, "a film")):
        after, _ = split([*clips, new], Splits(), ())
        assert {name: after[name] for name in before} == before


def test_a_pattern_gives_the_source_of_an_id() -> None:
    clips = [_clip(f"film{n % 3}_scene{n}") for n in range(30)]
    found, _ = split(clips, Splits(train=0.4, dev=0.3, test=0.3, pattern=r"^(film\d+)_"), ())
    for film in range(3):
        assert len({found[one.id] for one in clips if one.id.startswith(f"film{film}")}) == 1


def test_what_people_told_stays_draws_its_kin_and_contradictions_are_reported() -> None:
    clips = [
        _clip("a", "anna", told="test"),
        _clip("b", "anna"),
        _clip("c", "ben", told="train"),
        _clip("d", "ben", told="valid"),
        *_many(3),
    ]
    found, notes = split(clips, Splits(), ())
    assert (found["a"], found["b"], found["c"], found["d"]) == ("test", "test", "train", "valid")
    assert any("ben (train, valid)" in note and "left so" in note for note in notes)


def test_one_group_alone_is_for_training_and_the_card_says_so() -> None:
    clips = [_clip(f"c{n}", "anna") for n in range(9)]
    found, notes = split(clips, Splits(train=0.0, dev=0.5, test=0.5), ())
    assert set(found.values()) == {"train"}
    assert "nothing is left to test on" in " ".join(notes)


@pytest.mark.parametrize("seed", range(6))
def test_there_is_always_something_to_train_on(seed: int) -> None:
    found, _ = split(_many(2), Splits(train=0.05, dev=0.5, test=0.45, seed=seed), ())
    assert "train" in found.values()


def test_a_split_that_came_out_empty_and_clips_without_speakers_are_told() -> None:
    _, notes = split([_clip("a"), _clip("b"), _clip("c", "anna")], Splits(), ())
    told = " ".join(notes)
    assert "Nothing was drawn for" in told
    assert "2 of 3 clips tell neither speaker nor source" in told


def test_nothing_divides_into_nothing() -> None:
    assert split([], Splits(), ()) == ({}, ())


def test_names_of_splits_can_be_files_and_two_that_would_be_one_are_refused() -> None:
    clips = [_clip("a", told="fold/1"), _clip("b"), _clip("c", told="fold/1")]
    assert by_split(clips) == {"fold_1": [0, 2], "train": [1]}
    with pytest.raises(ConfigError, match="rename"):
        by_split([*clips, _clip("d", told="fold 1")])


def test_a_large_group_that_leaves_little_to_train_on_is_told() -> None:
    small = [_clip(f"c{n}", f"s{n}") for n in range(9)]
    large = [_clip(f"large{n}", "one speaker") for n in range(90)]
    told = set()
    for seed in range(30):
        found, notes = split([*small, *large], Splits(seed=seed), ())
        train = Counter(found.values())["train"]
        told.add(train)
        assert any("splits.seed" in note for note in notes) == (train < 0.65 * 99), train
    assert len(told) > 1, "no seed puts the large one elsewhere"
