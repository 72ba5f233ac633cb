"""A run's journal as JSON lines: appended while it trains, cut where it resumes, read for a report.

Every record has `kind`, `stage`, `step` and `at` (UTC). Kinds are start, step, development,
checkpoint, resumed, stopped, end and, of the last stage, calibration.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from affectlens.foundation.records import Ledger, write_pieces

SCHEMA = "affectlens.training-journal/1"

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """What a stage's records tell; every step once, in order."""

    stage: str
    start: Record = field(default_factory=dict)  # the last time it began at step 0
    steps: tuple[Record, ...] = ()
    developments: tuple[Record, ...] = ()
    checkpoints: tuple[Record, ...] = ()
    events: tuple[Record, ...] = ()  # resumed, stopped and end, as they were written

    @property
    def last_step(self) -> int:
        """The last one that any record tells of."""
        told = (*self.steps, *self.developments, *self.checkpoints, *self.events)
        return max((int(record["step"]) for record in told), default=0)

    @property
    def steps_wanted(self) -> int:
        """How many it has."""
        return int(self.start.get("steps", 0))

    @property
    def ended(self) -> bool:
        """Whether it came to its end."""
        return any(record["kind"] == "end" for record in self.events)


def ledger(journal: Path) -> Ledger:
    """The file."""
    return Ledger(journal, SCHEMA)


def write(journal: Path, kind: str, stage: str, step: int, **facts: object) -> None:
    """Append one record; numbers that are not finite become null and are named."""
    plain, strange = _finite(facts)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    record = {"kind": kind, "stage": stage, "step": step, "at": at, **plain}
    ledger(journal).append(record | ({"not_finite": strange} if strange else {}))


def cut(journal: Path, stage: str, step: int) -> None:
    """Take out what a stage wrote after a step: it goes on from there and writes that anew.

    Raises:
        InputError: a line is not of a journal.
    """
    records = list(ledger(journal).read())
    kept = [one for one in records if one["stage"] != stage or one["step"] <= step]
    if step == 0:  # it begins once more
        kept = [one for one in kept if one["stage"] != stage]
    if len(kept) < len(records):
        lines = (json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in kept)
        write_pieces(journal, lines)


def read(journal: Path) -> dict[str, Course]:
    """The course of every stage that began, in their order.

    Raises:
        InputError: a line is not of a journal.
    """
    found: dict[str, list[Record]] = {}
    for record in ledger(journal).read():
        found.setdefault(record["stage"], []).append(record)
    return {stage: _course(stage, records) for stage, records in found.items()}


def _course(stage: str, records: list[Record]) -> Course:
    starts = [one for one in records if one["kind"] == "start"]
    return Course(
        stage,
        start=starts[-1] if starts else {},
        steps=_once(records, "step"),
        developments=_once(records, "development"),
        checkpoints=_once(records, "checkpoint"),
        events=tuple(one for one in records if one["kind"] in ("resumed", "stopped", "end")),
    )


def _once(records: list[Record], kind: str) -> tuple[Record, ...]:
    by_step = {int(one["step"]): one for one in records if one["kind"] == kind}
    return tuple(by_step[step] for step in sorted(by_step))


def _finite(facts: Mapping[str, object], above: str = "") -> tuple[dict[str, object], list[str]]:
    """Facts that JSON can hold, and the names of those that it cannot."""
    plain: dict[str, object] = {}
    strange: list[str] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            plain[name], inner = _finite(value, f"{above}{name}.")
            strange += inner
        elif isinstance(value, float) and not math.isfinite(value):
            plain[name] = None
            strange.append(above + name)
        else:
            plain[name] = value
    return plain, strange
