"""Batches of lessons: packed rows, padded rows, where is learned, and what left them."""

from typing import Any

import pytest
import torch
from tests.training.tiny_lessons import PROCESSOR, drawn

from affectlens.model.batch import IGNORED
from affectlens.training.collate import Collator, LossKind, order
from affectlens.training.draw import Broken, Lesson
from affectlens.training.engine import Batching

BATCHINGS: tuple[Batching, ...] = ("packed", "bucketed")


def batch(count: int, batching: Batching = "packed", loss: LossKind = "sample") -> dict[str, Any]:
    return Collator(PROCESSOR, batching, loss)(drawn(count))


def whole(count: int) -> list[Lesson]:
    return [one for one in drawn(count) if isinstance(one, Lesson)]


def test_a_packed_row_has_its_samples_end_to_end() -> None:
    made, lessons = batch(8), whole(8)
    assert made["input_ids"].tolist() == [[i for one in lessons for i in one.row.ids]]
    assert made["labels"].tolist() == [[i for one in lessons for i in one.row.labels]]
    assert made["slots"].tolist() == [[i for one in lessons for i in one.row.slots]]
    assert made["lengths"] == [len(one.row.ids) for one in lessons]
    assert made["position_ids"].tolist() == [[i for n in made["lengths"] for i in range(n)]]
    assert "attention_mask" not in made


def test_a_padded_batch_is_what_the_processor_makes() -> None:
    made = batch(8, "bucketed")
    wanted = PROCESSOR([one.example for one in whole(8)], training=True)
    for name in ("input_ids", "attention_mask", "slots", "labels"):
        assert torch.equal(made[name], wanted[name])
    assert made["lengths"] == wanted["attention_mask"].sum(1).tolist()


@pytest.mark.parametrize("batching", BATCHINGS)
def test_streams_count_samples_and_not_rows(batching: Batching) -> None:
    streams = batch(8, batching)["streams"]
    have = [i for i, one in enumerate(whole(8)) if "patches" in one.example.present]
    assert streams["patches"]["rows_N"].tolist() == have
    assert 0 < len(have) < 8


@pytest.mark.parametrize("batching", BATCHINGS)
def test_the_learned_tokens_are_found_one_before_where_they_stand(batching: Batching) -> None:
    made, lessons = batch(8, batching), whole(8)
    learned = made["learned"]
    columns_M = learned["columns_K"][learned["places_M"]]
    labels_M = made["labels"][learned["rows_M"], columns_M + 1]
    assert torch.equal(labels_M, learned["targets_M"])
    assert labels_M.tolist() == [i for one in lessons for i in one.row.labels if i != IGNORED]
    assert learned["columns_K"].tolist() == sorted(set(columns_M.tolist()))


@pytest.mark.parametrize("batching", BATCHINGS)
def test_weights_make_samples_or_tokens_count_alike(batching: Batching) -> None:
    by_sample, by_token = (batch(8, batching, loss) for loss in ("sample", "token"))
    assert by_sample["learned"]["weights_M"].sum().item() == pytest.approx(8)
    assert set(by_token["learned"]["weights_M"].tolist()) == {1.0}
    for made in (by_sample, by_token):
        tokens = len(made["learned"]["targets_M"])
        assert {k: int(v) for k, v in made["counts"].items()} == {"sample": 8, "token": tokens}


@pytest.mark.parametrize("batching", BATCHINGS)
def test_broken_samples_leave_the_batch_and_are_named(batching: Batching) -> None:
    made = batch(10, batching)
    places = {one.draw.index: one.draw.position for one in drawn(10)}
    assert sorted(made["skipped"]) == [
        ("mine: clip8", "OSError: clip8 has gone", places[8]),
        ("mine: clip9", "its label is unknown", places[9]),
    ]
    assert len(made["lengths"]) == int(made["counts"]["sample"]) == 8


@pytest.mark.parametrize("batching", BATCHINGS)
def test_a_batch_of_broken_samples_counts_for_nothing(batching: Batching) -> None:
    broken = [one for one in drawn(10) if isinstance(one, Broken)]
    made = Collator(PROCESSOR, batching, "token")(broken)
    assert [int(count) for count in made["counts"].values()] == [0, 0]
    assert made["learned"]["weights_M"].tolist() == [0.0]
    assert len(made["skipped"]) == 2


def test_order_puts_like_lengths_together() -> None:
    lengths = [5, 90, 6, 80, 7, 85, 8, 4]
    found = order(lengths, 4, seed=1)
    assert sorted(found) == list(range(8))
    assert {frozenset(found[:4]), frozenset(found[4:])} == {
        frozenset({0, 2, 4, 7}),
        frozenset({1, 3, 5, 6}),
    }
    assert order(lengths, 4, seed=1) == found


def test_order_does_not_always_begin_with_the_short_ones() -> None:
    assert len({tuple(order(range(8), 2, seed)) for seed in range(20)}) > 10
