"""`Collator`: lessons become a batch, end to end in one row or padded."""

# B rows of the batch, T tokens, M learned tokens, K columns in which one is predicted

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple, TypedDict

import torch
from torch import Tensor

from affectlens.model.batch import IGNORED
from affectlens.model.packed import positions
from affectlens.model.processor import AffectProcessor, Row
from affectlens.training.draw import Broken, Lesson
from affectlens.training.engine import Batching
from affectlens.training.plan import seeded

LossKind = Literal["sample", "token"]


class Skipped(NamedTuple):
    """A sample that left its batch."""

    name: str
    reason: str
    position: int


class Learned(TypedDict):
    """Where tokens are predicted that are learned, and how much each counts."""

    columns_K: Tensor  # long, ascending
    rows_M: Tensor  # long
    places_M: Tensor  # long, among the columns
    targets_M: Tensor  # long, the tokens themselves
    weights_M: Tensor  # float


class Collator:
    """Gives plain dicts that Trainer and accelerate move between devices.

    What `AffectLM` takes: input_ids, slots, streams, labels; packed also position_ids, else
    attention_mask. And `lengths` (tokens of each sample), `learned`, `counts` (what a batch counts
    for, by kind of loss) and `skipped`. A batch of broken samples alone is one of two tokens that
    count for nothing: it gives a loss of 0, and gradients of 0 wherever others have some.
    """

    def __init__(self, processor: AffectProcessor, batching: Batching, loss: LossKind) -> None:
        self._processor = processor
        self._packed = batching == "packed"
        self._loss = loss

    def __call__(self, places: Sequence[Lesson | Broken]) -> dict[str, Any]:
        """A batch of what is not broken."""
        lessons = [place for place in places if isinstance(place, Lesson)]
        rows = [lesson.row for lesson in lessons]
        rows = rows or [nothing(self._processor)]
        examples = [lesson.example for lesson in lessons]
        batch: dict[str, Any]
        if self._packed:
            batch = {**_packed(rows), "streams": self._processor.streams_of(examples)}
        else:
            batch = {**self._processor.batch(rows, examples, training=True)}
        lengths = [len(row.ids) for row in rows]
        learned = self._learned(rows, counted=bool(lessons))
        counts = {"sample": len(lessons), "token": len(learned["targets_M"]) if lessons else 0}
        return {
            **batch,
            "lengths": lengths,
            "learned": learned,
            "counts": {kind: torch.tensor(count) for kind, count in counts.items()},
            "skipped": skipped(places),
        }

    def _learned(self, rows: Sequence[Row], *, counted: bool) -> Learned:
        ends = accumulate(len(row.ids) for row in rows)
        starts = [end - len(row.ids) for end, row in zip(ends, rows, strict=True)]
        found: list[tuple[int, int, int, float]] = []
        for number, row in enumerate(rows):
            places = [t for t in range(1, len(row.labels)) if row.labels[t] != IGNORED]
            weight = 1.0 if self._loss == "token" else 1.0 / len(places)
            at, start = (0, starts[number]) if self._packed else (number, 0)
            found += [(at, start + t - 1, row.labels[t], weight * counted) for t in places]
        rows_M, columns_M, targets_M, weights_M = zip(*found, strict=True)
        columns = sorted(set(columns_M))
        place = {column: k for k, column in enumerate(columns)}
        return Learned(
            columns_K=torch.tensor(columns),
            rows_M=torch.tensor(rows_M),
            places_M=torch.tensor([place[column] for column in columns_M]),
            targets_M=torch.tensor(targets_M),
            weights_M=torch.tensor(weights_M, dtype=torch.float32),
        )


def skipped(places: Sequence[object]) -> list[Skipped]:
    """What leaves the batch of some places."""
    return [
        Skipped(place.name, place.reason, place.draw.position)
        for place in places
        if isinstance(place, Broken)
    ]


def nothing(processor: AffectProcessor) -> Row:
    """What stands in a batch of broken samples alone; it is to count for nothing."""
    return Row(ids=[processor.end, processor.end], slots=[0, 0], labels=[IGNORED, processor.end])


def order(lengths: Sequence[int], micro_batch: int, seed: int = 0) -> list[int]:
    """Indices so that each micro-batch has samples of like length; a pure function.

    The micro-batches themselves stand in no order of length, so that processes share the long ones.
    """
    sorted_ = sorted(range(len(lengths)), key=lengths.__getitem__)
    whole = len(lengths) - len(lengths) % micro_batch
    batches = [sorted_[i : i + micro_batch] for i in range(0, whole, micro_batch)]
    random.Random(seeded(seed, "order")).shuffle(batches)  # noqa: S311 - a seed can repeat it
    return [i for batch in (*batches, sorted_[whole:]) for i in batch]


def _packed(rows: Sequence[Row]) -> dict[str, Any]:
    """One row (1, T); positions start anew with each sample."""
    columns = {
        "input_ids": [i for row in rows for i in row.ids],
        "slots": [i for row in rows for i in row.slots],
        "labels": [i for row in rows for i in row.labels],
    }
    made = {name: torch.tensor([column]) for name, column in columns.items()}
    return {**made, "position_ids": positions([len(row.ids) for row in rows])}
