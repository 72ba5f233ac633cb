"""Spans of time on the one clock of a clip, in seconds from its start."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """From `start_s` up to `end_s`; an instant has both equal."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.start_s <= self.end_s:
            raise ValueError(f"A span ends at or after its start, got {self.start_s}–{self.end_s}.")

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """The moment half-way."""
        return (self.start_s + self.end_s) / 2

    def holds(self, time_s: float) -> bool:
        """Whether a moment lies inside, both ends included."""
        return self.start_s <= time_s <= self.end_s

    def overlap_s(self, other: "Span") -> float:
        """Seconds that both share; 0.0 when they do not meet."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


def merge(spans: Iterable[Span], *, gap_s: float = 0.0) -> list[Span]:
    """The same time as fewer spans, in order: those at most `gap_s` apart become one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start_s - merged[-1].end_s <= gap_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return merged


def windows(duration_s: float, *, width_s: float) -> list[Span]:
    """Cut `duration_s` into equal windows, each about `width_s` and at least one of them."""
    count = max(1, round(duration_s / width_s))
    step_s = duration_s / count
    return [Span(i * step_s, (i + 1) * step_s) for i in range(count)]
